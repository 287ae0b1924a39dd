"""The codes of errors: what each means, who can correct it, and how, in Chinese and in English.

A code belongs to a kind of error, not to a sentence: sentences may be reworded or added, a code stays. A code that is no
longer used is not assigned again.
"""

from __future__ import annotations

from typing import NamedTuple


class ErrorCode(NamedTuple):
    """A kind of error, each text in Chinese and in English.

    Attributes:
        code: `LX-` and three digits; the first names the area: 1 the command or a setting, 2 a declaration, 3 a source,
            4 the exchange's database, 5 the exchange's own files and runs, 9 a defect.
        title: a short name.
        meaning: what has happened, and what has not.
        owner: who can correct it.
        remedy: how to correct it.
    """

    code: str
    title: tuple[str, str]
    meaning: tuple[str, str]
    owner: tuple[str, str]
    remedy: tuple[str, str]


_USER = ("输入命令的人", "Whoever typed the command")
_OPERATOR = ("运维人员", "Whoever runs the exchange")
_ENGINEER = ("接入数据源的数据工程师", "The data engineer who declares the source")
_DEPARTMENT = ("部门，由数据局联系", "The department; the data bureau calls it")
_DBA = ("交换库的管理员", "Whoever runs the exchange's database")
_MAINTAINERS = ("本项目的维护者", "The maintainers of this project")

_CODES = (
    ErrorCode("LX-100", ("命令用法不对", "The command is not understood"),
        ("没有这样的命令、选项或参数，或者缺少参数。什么都没有执行。", "There is no such command, option or argument, or one is missing. Nothing was done."),
        _USER,
        ("用 `licex --help` 或 `licex 命令 --help` 查看用法。", "See `licex --help` or `licex COMMAND --help`.")),
    ErrorCode("LX-101", ("日期不对", "A day is not understood"),
        ("日期不是 2026-03-01 这样的写法、不存在、在将来，台账中没有这一天，或者起止日期颠倒、相隔超过十年。什么都没有执行。", "A day is not written like 2026-03-01, does not exist, lies in the future or is none of the ledger, or a range ends before it begins or is longer than ten years. Nothing was done."),
        _USER,
        ("改正命令中的日期。", "Correct the days of the command.")),
    ErrorCode("LX-102", ("名称不存在", "A name does not exist"),
        ("命令中给出的规则、数据源、表或文件不存在。如果有相近的名称，提示中会给出。", "The command names a rule, a source, a table or a file that does not exist. Where a name is near, the sentence offers it."),
        _USER,
        ("改正名称；`licex rules`、`licex sources` 列出已有的名称。", "Correct the name; `licex rules` and `licex sources` list those that exist.")),
    ErrorCode("LX-103", ("命令不适用于该数据源", "The command does not fit the source"),
        ("数据源的申报方式不需要、不支持这条命令，或者存档不是按现在的申报读取的。什么都没有改变。", "The way in which the source is declared does not need or support the command, or its archive was read as it was declared then. Nothing was changed."),
        _USER,
        ("按提示换用别的命令，或者先修改申报。", "Use the command that the sentence names, or declare the source otherwise first.")),
    ErrorCode("LX-104", ("设置不能用", "A setting cannot be used"),
        ("某个 LICEX_… 环境变量的值不能用，提示中有变量名。什么都没有执行。", "The value of an environment variable LICEX_… cannot be used; the sentence names it. Nothing was done."),
        _OPERATOR,
        ("按提示改正该变量；各变量的含义见 docs/reference/settings.md。", "Correct the variable; docs/reference/settings.md says what each means.")),
    ErrorCode("LX-105", ("连接没有地址", "A connection has no address"),
        ("数据源申报的连接既不在环境变量里，也不在 Airflow 的连接里。", "The connection that the source declares is neither in the environment nor among Airflow's connections."),
        _OPERATOR,
        ("设置 LICEX_CONN_<名称>，或在 Airflow 中建立同名连接。", "Set LICEX_CONN_<NAME>, or make an Airflow connection of that name.")),
    ErrorCode("LX-106", ("这一天不能再读取", "The day can no longer be read"),
        ("数据源只能给出当前状态，或者这一天在编号重新开始、改变申报之前，因此不能向数据源重新读取这一天。", "The source only shows its present state, or the day lies before its numbers began anew or before it was declared otherwise, so the day cannot be asked for again."),
        _USER,
        ("用 `licex replay` 重新评判存档；提示中说明还能做什么。", "Judge the archive again with `licex replay`; the sentence says what else can be done.")),
    ErrorCode("LX-107", ("已按保存期限清除", "It was purged"),
        ("所需的存档、问题或页面超过了设定的保存天数，已经清除。台账、历史和标识不会被清除。", "The archive, findings or pages that are needed are older than the declared number of days and were purged. Ledger, history and identifiers never are."),
        _OPERATOR,
        ("按提示改用其他途径；需要保存更久时调大 LICEX_KEEP_… 。", "Do what the sentence says instead; keep longer with LICEX_KEEP_….")),
    ErrorCode("LX-108", ("没有这本证照", "There is no such licence"),
        ("平台上和待整改的记录中都没有这个标识或编号的证照。", "Neither the platform nor the held records have a licence of that identifier or number."),
        _USER,
        ("核对标识或编号；它可能还没有送来，或者是另一家发证机关的。", "Check the identifier or number; it may not have been sent yet, or belong to another authority.")),
    ErrorCode("LX-109", ("新申报的位置不能用", "A new declaration cannot be placed"),
        ("没有给出数据源名称，或者该名称的申报已经存在。没有覆盖任何文件。", "No name was given for the source, or it is declared already. No file was overwritten."),
        _USER,
        ("用 --source 给出新的名称，或先移走旧的申报。", "Give another name with --source, or move the old declaration away first.")),
    ErrorCode("LX-110", ("程序没有安装", "The program is not installed"),
        ("程序是从没有安装过的文件夹运行的，不知道自己的版本。", "The program runs from a folder in which it was not installed, and does not know its version."),
        _OPERATOR,
        ("用 `make` 安装。", "Install it with `make`.")),
    ErrorCode("LX-201", ("申报文件读不了", "A declaration cannot be read"),
        ("文件不是 UTF-8 编码的 YAML，或者不能打开。这个数据源不会运行，其他数据源不受影响。", "The file is no YAML in UTF-8, or cannot be opened. This source does not run; the others do."),
        _ENGINEER,
        ("按提示的行改正。", "Correct the line that the sentence names.")),
    ErrorCode("LX-202", ("申报的形式不对", "A declaration has the wrong form"),
        ("某个键没有、多余、重复，或者值的形式不对。", "A key is missing, unknown or repeated, or its value has the wrong form."),
        _ENGINEER,
        ("按提示的行改正；所有的键见 docs/reference/declaration.md。", "Correct the line; docs/reference/declaration.md has every key.")),
    ErrorCode("LX-203", ("申报的内容不成立", "A declaration does not hold"),
        ("申报的形式正确，但其中的要素、列、代码表、编码或取数方式互相不符，或者与国家标准不符。", "The form is right, but elements, columns, lookups, codes or the way of reading contradict one another or the standard."),
        _ENGINEER,
        ("按提示改正；要素见 docs/reference/standard.md。", "Correct what the sentence names; docs/reference/standard.md has the elements.")),
    ErrorCode("LX-204", ("市级代码表有误", "A table of the city is wrong"),
        ("licence_type.csv、face_field.csv 或 area.csv 有误。它们属于所有数据源，所以所有数据源都不能运行。", "licence_type.csv, face_field.csv or area.csv is wrong. They belong to all sources, so none can run."),
        _ENGINEER,
        ("按提示的文件和行改正。", "Correct the file and line that the sentence names.")),
    ErrorCode("LX-205", ("没有这个数据源", "There is no such source"),
        ("申报文件夹里没有这个数据源，或者没有申报文件夹。", "The folder of declarations has no such source, or there is no such folder."),
        _USER,
        ("改正名称，或在 LICEX_SOURCES 中给出申报文件夹。", "Correct the name, or name the folder of declarations in LICEX_SOURCES.")),
    ErrorCode("LX-206", ("quirks.py 有误", "quirks.py does not work"),
        ("部门的 quirks.py 不能加载，没有 tidy(raw)，运行失败，或者改变了行和列。", "The department's quirks.py does not load, has no tidy(raw), fails, or changes rows and columns."),
        _ENGINEER,
        ("改正该函数；它只能改变值。", "Correct the function; it may only change values.")),
    ErrorCode("LX-301", ("数据源的数据库没有应答", "A source's database does not answer"),
        ("部门的数据库连不上、中途断开或超过时限。这一天还没有读取，什么都没有丢失，会自动重试。", "The department's database cannot be reached, broke off or took too long. The day is not read yet, nothing is lost, and it is tried again."),
        _DEPARTMENT,
        ("检查数据库、账号和网络；恢复后会自动补取。", "Check the database, the account and the network; the exchange catches up afterwards.")),
    ErrorCode("LX-302", ("数据源的文件不在或不完整", "A source's file is not there, or not complete"),
        ("文件没有到达，还在写入，缺少完成标记，或者在读取时被改动。什么都没有读取。", "The file has not arrived, is being written, lacks its marker, or changed while it was read. Nothing of it was taken."),
        _DEPARTMENT,
        ("放好完整的文件；下一次会自动读取。", "Put the whole file in place; the next attempt takes it.")),
    ErrorCode("LX-303", ("数据源的文件不能读", "A source's file may not be read"),
        ("没有权限、磁盘出错、文件夹没有连接，或者文件指向申报文件夹之外。", "Its rights or its disk do not let it be read, its folder is not connected, or it leads out of the declared folder."),
        _OPERATOR,
        ("检查权限、磁盘和链接。", "Check its rights, its disk and where it leads.")),
    ErrorCode("LX-304", ("在部门的免打扰时段", "In the department's quiet hours"),
        ("部门申报了这段时间不要访问其数据库。过后会自动进行。", "The department does not want its database to be asked at this time. It is asked afterwards by itself."),
        _USER,
        ("等到提示的时间。", "Wait until the time that the sentence names.")),
    ErrorCode("LX-305", ("数据源与申报不符", "A source is not as declared"),
        ("数据源有应答，但不是申报的样子：表、列、编码或文件形式变了。整批退回，平台上已有的数据不变。问题清单中有规则编号，docs/reference/rules.md 逐条说明。", "The source answers, but not as declared: a table, a column, an encoding or the form of a file has changed. The batch is refused and the platform keeps what it had. The finding names the rule; docs/reference/rules.md explains each."),
        _DEPARTMENT,
        ("恢复数据源，或由数据工程师按新的样子修改申报，然后重新运行。", "Restore the source, or have the data engineer declare it anew; then run the day again.")),
    ErrorCode("LX-401", ("交换库没有应答", "The exchange's database does not answer"),
        ("LICEX_TARGET 所指的数据库连不上、不能写入或让出了事务。什么都没有写入，会自动重试。", "The database of LICEX_TARGET cannot be reached or written, or chose this transaction to give way. Nothing was written, and it is tried again."),
        _DBA,
        ("检查数据库和设置，然后重试。", "Check the database and the setting, then try again.")),
    ErrorCode("LX-402", ("交换库不接受数据", "The exchange's database does not take the data"),
        ("数据库有应答，但因约束、触发器或编码不接受。能单独找出的行已扣留，其余已送达；都不能时什么都没有写入。", "The database answers and refuses by a constraint, a trigger or an encoding. Rows that could be found are held and the rest is delivered; where none could, nothing was written."),
        _DBA,
        ("按提示中数据库给出的原因检查约束、触发器和编码，然后重放该批次。", "Look at constraints, triggers and encoding for the reason that the database gives, then replay the batch.")),
    ErrorCode("LX-403", ("交换库的表版本不同", "The exchange's tables are of another version"),
        ("表比程序旧或新。什么都没有写入。", "The tables are older or newer than the program. Nothing was written."),
        _OPERATOR,
        ("表较旧时停止加载并运行 `licex migrate`；较新时安装新版程序。", "Where they are older, stop the loads and run `licex migrate`; where newer, install the newer program.")),
    ErrorCode("LX-501", ("存档不能写或不能读", "The archive cannot be written or read"),
        ("工作区或临时文件夹的磁盘已满、断开或没有权限，或者存档文件损坏。", "The disk of the workspace or of the folder for temporary files is full, gone or not writable, or a file of the archive is damaged."),
        _OPERATOR,
        ("腾出或挂载磁盘，然后重新运行该步骤。", "Free or mount the disk, then run the step again.")),
    ErrorCode("LX-502", ("各步骤的文件不相符", "The files of a batch do not belong together"),
        ("某一步骤的文件不存在，或者不是由前一步骤现有的文件得出的。送达的必须是评判过的，因此停止，什么都没有写入。", "A step's file is not there, or was not made from the files of the step before that are there. Only what was judged is delivered, so nothing was."),
        _OPERATOR,
        ("从提示中的步骤起重新运行。", "Run again from the step that the sentence names.")),
    ErrorCode("LX-503", ("同一天正在运行", "Another run of the day is at work"),
        ("同一数据源同一天的另一次运行还没有结束。", "Another run of the same source and day has not ended."),
        _USER,
        ("等它结束后再试；Airflow 会自动重试。", "Wait until it has ended; Airflow tries again by itself.")),
    ErrorCode("LX-504", ("与已送达的相同", "It was delivered before"),
        ("报送的文件与已经处理过的完全相同，无需处理。", "The files are those that were taken before. There is nothing to do."),
        _DEPARTMENT,
        ("有新内容时报送新文件。", "Send a new file when there is news.")),
    ErrorCode("LX-505", ("整批退回或扣留过多", "The batch was refused, or too much of it is held"),
        ("批次被规则退回，或者扣留的行超过申报的上限。台账和报告中有原因。", "A rule refused the batch, or more rows are held than declared. The ledger and the report say why."),
        _DEPARTMENT,
        ("按报告整改；部门更正后会自动采用。", "Put right what the report names; the next night takes it.")),
    ErrorCode("LX-506", ("清查被新的读取超过", "A sweep was overtaken"),
        ("清查期间有更新的完整读取。什么都没有写入。", "While the keys were compared, a newer full reading came in. Nothing was written."),
        _USER,
        ("重新运行 `licex sweep`。", "Run `licex sweep` again.")),
    ErrorCode("LX-507", ("有漏掉的日子没有补上", "Missed days could not be caught up on"),
        ("补取漏掉的日子时有一天或几天没有成功。其余的已经补上。", "One or more of the missed days did not succeed. The others did."),
        _OPERATOR,
        ("看上面各天的提示；下一夜会再试。", "See the sentences of the days; the next night tries again.")),
    ErrorCode("LX-900", ("程序缺陷", "A defect of the program"),
        ("程序自己的核对不成立。为了不出错，已停止，什么都没有送达。", "A check of the program on itself does not hold. It stopped so as not to be wrong; nothing was delivered."),
        _MAINTAINERS,
        ("请把日志和提示报告给维护者。", "Report the log and the sentence.")),
)  # fmt: skip

ERROR_CODES = {code.code: code for code in _CODES}
