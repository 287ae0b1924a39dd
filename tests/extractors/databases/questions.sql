-- What test_questions.py compares with, a section for each database.

-- kingbase
SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY
SET statement_timeout = 600000
SET lock_timeout = 60000
SET TimeZone = 'Asia/Shanghai'
SET DateStyle = 'ISO, YMD'
SET extra_float_digits = 1
SET standard_conforming_strings = on
SELECT set_config(name, 'off', false) FROM pg_settings WHERE name = 'row_security'
SELECT set_config('client_encoding', CASE current_setting('server_encoding') WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END, false)
BEGIN
SELECT * FROM "land"."LICENCE" WHERE 1 = 0
SELECT CAST(attname AS text), format_type(CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END, CASE t.typtype WHEN 'd' THEN t.typtypmod ELSE atttypmod END) FROM pg_attribute JOIN pg_type t ON t.oid = atttypid WHERE attrelid = to_regclass('"land"."LICENCE"') AND attnum > 0 AND NOT attisdropped ORDER BY attnum
SELECT CAST("业务号" AS text) AS "业务号", CAST("GXSJ" AS text) AS "GXSJ", '0x' || encode("ZP", 'hex') AS "ZP" FROM "land"."LICENCE"
SELECT CAST("业务号" AS text) AS "业务号", CAST("GXSJ" AS text) AS "GXSJ", '0x' || encode("ZP", 'hex') AS "ZP" FROM "land"."LICENCE" WHERE "GXSJ" >= '2026-03-01 00:00:00' AND "GXSJ" < '2026-03-02 00:00:00'
SELECT MAX(OCTET_LENGTH('0x' || encode("ZP", 'hex'))) FROM "land"."LICENCE"
SELECT MIN("业务号"), MAX("业务号"), COUNT(*) - COUNT("业务号") FROM "land"."LICENCE"
SELECT "GXSJ" FROM "land"."LICENCE" WHERE "GXSJ" IS NOT NULL LIMIT 1000
RTRIM(TRANSLATE(CAST("GXSJ" AS text) COLLATE "C", '123456789', '000000000'))
RIGHT(t, 6)
t = CAST(t AS date)
SELECT MIN(CAST(cut AS text)) FROM (SELECT "GXSJ" AS cut, NTILE(4) OVER (ORDER BY "GXSJ") AS part FROM "land"."LICENCE" WHERE "GXSJ" IS NOT NULL) parted GROUP BY part ORDER BY part
SELECT COUNT(*) FROM "land"."LICENCE" WHERE "业务号" >= 100 AND "业务号" < 200
SELECT COUNT(*) FROM "land"."LICENCE" WHERE ("GXSJ" < '2026-03-01 00:00:00' OR "GXSJ" IS NULL)
SELECT COUNT(*) FROM (
SELECT * FROM T -- alle

) q
SELECT * FROM (
SELECT * FROM T -- alle

) q WHERE "业务号" >= 100 AND "业务号" < 200

-- opengauss
SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY
SET statement_timeout = 600000
SET lock_timeout = 60000
SET TimeZone = 'Asia/Shanghai'
SET DateStyle = 'ISO, YMD'
SET extra_float_digits = 1
SET standard_conforming_strings = on
SELECT set_config(name, 'off', false) FROM pg_settings WHERE name = 'row_security'
SELECT set_config('client_encoding', CASE current_setting('server_encoding') WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END, false)
BEGIN
SELECT * FROM "land"."LICENCE" WHERE 1 = 0
SELECT CAST(attname AS text), format_type(CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END, CASE t.typtype WHEN 'd' THEN t.typtypmod ELSE atttypmod END) FROM pg_attribute JOIN pg_type t ON t.oid = atttypid WHERE attrelid = to_regclass('"land"."LICENCE"') AND attnum > 0 AND NOT attisdropped ORDER BY attnum
SELECT CAST("业务号" AS text) AS "业务号", regexp_replace(CAST("GXSJ" AS text), '([+-]\d\d)( BC)?$', '\1:00\2') AS "GXSJ", "ZP" FROM "land"."LICENCE"
SELECT CAST("业务号" AS text) AS "业务号", regexp_replace(CAST("GXSJ" AS text), '([+-]\d\d)( BC)?$', '\1:00\2') AS "GXSJ", "ZP" FROM "land"."LICENCE" WHERE "GXSJ" >= '2026-03-01 00:00:00' AND "GXSJ" < '2026-03-02 00:00:00'
SELECT MIN("业务号"), MAX("业务号"), COUNT(*) - COUNT("业务号") FROM "land"."LICENCE"
SELECT "GXSJ" FROM "land"."LICENCE" WHERE "GXSJ" IS NOT NULL LIMIT 1000
RTRIM(TRANSLATE(CAST("GXSJ" AS text) COLLATE "C", '123456789', '000000000'))
RIGHT(t, 6)
t = CAST(t AS date)
SELECT MIN(regexp_replace(CAST(cut AS text), '([+-]\d\d)( BC)?$', '\1:00\2')) FROM (SELECT "GXSJ" AS cut, NTILE(4) OVER (ORDER BY "GXSJ") AS part FROM "land"."LICENCE" WHERE "GXSJ" IS NOT NULL) parted GROUP BY part ORDER BY part
SELECT COUNT(*) FROM "land"."LICENCE" WHERE "业务号" >= 100 AND "业务号" < 200
SELECT COUNT(*) FROM "land"."LICENCE" WHERE ("GXSJ" < '2026-03-01 00:00:00' OR "GXSJ" IS NULL)
SELECT COUNT(*) FROM (
SELECT * FROM T -- alle

) q
SELECT * FROM (
SELECT * FROM T -- alle

) q WHERE "业务号" >= 100 AND "业务号" < 200

-- oceanbase
SET SESSION max_execution_time = 600000
SET SESSION lock_wait_timeout = 60
SET SESSION net_write_timeout = 3600
SET SESSION time_zone = '+08:00'
SET SESSION character_set_client = utf8mb4
SET SESSION character_set_connection = utf8mb4
SET SESSION character_set_results = utf8mb4
SET SESSION group_concat_max_len = 1073741824
SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ
START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY
SELECT * FROM `land`.`LICENCE` WHERE 1 = 0
SELECT COLUMN_NAME, CONCAT(COLUMN_TYPE, IF(CHARACTER_SET_NAME IS NULL OR CHARACTER_SET_NAME LIKE 'utf%' OR CHARACTER_SET_NAME IN ('ucs2', 'latin1', 'binary'), SPACE(0), CONCAT(' character set ', CHARACTER_SET_NAME))) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = :b AND TABLE_NAME = :b ORDER BY ORDINAL_POSITION
SELECT CAST(`业务号` AS CHAR) AS `业务号`, CAST(`GXSJ` AS CHAR) AS `GXSJ`, CASE WHEN `ZP` IS NULL THEN NULL WHEN 2 + 2 * LENGTH(`ZP`) <= @@max_allowed_packet THEN CONCAT('0x', LOWER(HEX(`ZP`))) ELSE _utf8mb4 x'f48fbfbc' END AS `ZP` FROM `land`.`LICENCE`
SELECT CAST(`业务号` AS CHAR) AS `业务号`, CAST(`GXSJ` AS CHAR) AS `GXSJ`, CASE WHEN `ZP` IS NULL THEN NULL WHEN 2 + 2 * LENGTH(`ZP`) <= @@max_allowed_packet THEN CONCAT('0x', LOWER(HEX(`ZP`))) ELSE _utf8mb4 x'f48fbfbc' END AS `ZP` FROM `land`.`LICENCE` WHERE `GXSJ` >= :b AND `GXSJ` < :b
SELECT MAX(LENGTH(CASE WHEN `ZP` IS NULL THEN NULL WHEN 2 + 2 * LENGTH(`ZP`) <= @@max_allowed_packet THEN CONCAT('0x', LOWER(HEX(`ZP`))) ELSE _utf8mb4 x'f48fbfbc' END)) FROM `land`.`LICENCE`
SELECT MIN(`业务号`), MAX(`业务号`), COUNT(*) - COUNT(`业务号`) FROM `land`.`LICENCE`
SELECT `GXSJ` FROM `land`.`LICENCE` WHERE `GXSJ` IS NOT NULL LIMIT 1000
RTRIM(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(CONVERT(`GXSJ` USING utf8mb4) COLLATE utf8mb4_bin, '1', '0'), '2', '0'), '3', '0'), '4', '0'), '5', '0'), '6', '0'), '7', '0'), '8', '0'), '9', '0'))
RIGHT(t, 6)
t = CAST(t AS date)
SELECT MIN(CAST(cut AS CHAR)) FROM (SELECT `GXSJ` AS cut, NTILE(4) OVER (ORDER BY `GXSJ`) AS part FROM `land`.`LICENCE` WHERE `GXSJ` IS NOT NULL) parted GROUP BY part ORDER BY part
SELECT COUNT(*) FROM `land`.`LICENCE` WHERE `业务号` >= :b AND `业务号` < :b
SELECT COUNT(*) FROM `land`.`LICENCE` WHERE (`GXSJ` < :b OR `GXSJ` IS NULL)
SELECT COUNT(*) FROM (
SELECT * FROM T -- alle

) q
SELECT * FROM (
SELECT * FROM T -- alle

) q WHERE `业务号` >= :b AND `业务号` < :b

-- mssql
SET LOCK_TIMEOUT 60000
SELECT * FROM [land].[LICENCE] WHERE 1 = 0
SELECT [业务号], CASE DATEPART(ns, [GXSJ]) WHEN 0 THEN CONVERT(varchar(19), [GXSJ], 120) ELSE CONVERT(varchar(27), [GXSJ], 121) END AS [GXSJ], [ZP] FROM [land].[LICENCE]
SELECT [业务号], CASE DATEPART(ns, [GXSJ]) WHEN 0 THEN CONVERT(varchar(19), [GXSJ], 120) ELSE CONVERT(varchar(27), [GXSJ], 121) END AS [GXSJ], [ZP] FROM [land].[LICENCE] WHERE [GXSJ] >= {ts '2026-03-01 00:00:00'} AND [GXSJ] < {ts '2026-03-02 00:00:00'}
SELECT MAX(2 * DATALENGTH([ZP])) FROM [land].[LICENCE]
SELECT MIN([业务号]), MAX([业务号]), COUNT(*) - COUNT([业务号]) FROM [land].[LICENCE]
SELECT TOP 1000 [GXSJ] FROM [land].[LICENCE] WHERE [GXSJ] IS NOT NULL
RTRIM(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(CAST([GXSJ] AS nvarchar(4000)) COLLATE Latin1_General_BIN2, '1', '0'), '2', '0'), '3', '0'), '4', '0'), '5', '0'), '6', '0'), '7', '0'), '8', '0'), '9', '0'))
RIGHT(t, 6)
CAST(t AS time) = '00:00:00'
SELECT MIN(CASE DATEPART(ns, cut) WHEN 0 THEN CONVERT(varchar(19), cut, 120) ELSE CONVERT(varchar(27), cut, 121) END) FROM (SELECT [GXSJ] AS cut, NTILE(4) OVER (ORDER BY [GXSJ]) AS part FROM [land].[LICENCE] WHERE [GXSJ] IS NOT NULL) parted GROUP BY part ORDER BY part
SELECT COUNT(*) FROM [land].[LICENCE] WHERE [业务号] >= 100 AND [业务号] < 200
SELECT COUNT(*) FROM [land].[LICENCE] WHERE ([GXSJ] < {ts '2026-03-01 00:00:00'} OR [GXSJ] IS NULL)
SELECT COUNT(*) FROM (
SELECT * FROM T -- alle

) q
SELECT * FROM (
SELECT * FROM T -- alle

) q WHERE [业务号] >= 100 AND [业务号] < 200

-- oracle
ALTER SESSION SET TIME_ZONE = 'Asia/Shanghai'
SET TRANSACTION READ ONLY
SELECT * FROM "land"."LICENCE" WHERE 1 = 0
SELECT "业务号", "GXSJ", "ZP" FROM "land"."LICENCE"
SELECT "业务号", "GXSJ", "ZP" FROM "land"."LICENCE" WHERE "GXSJ" >= :b AND "GXSJ" < :b
SELECT MAX(LENGTHB("业务号")), MAX(LENGTHB("GXSJ")), MAX(LENGTHB("ZP")) FROM "land"."LICENCE"
SELECT MIN("业务号"), MAX("业务号"), COUNT(*) - COUNT("业务号") FROM "land"."LICENCE"
SELECT "GXSJ" FROM "land"."LICENCE" WHERE "GXSJ" IS NOT NULL AND ROWNUM <= 1000
RTRIM(TRANSLATE("GXSJ", '123456789', '000000000'))
SUBSTR(t, -6)
TRUNC(t) = t
SELECT MIN(cut) FROM (SELECT "GXSJ" AS cut, NTILE(4) OVER (ORDER BY "GXSJ") AS part FROM "land"."LICENCE" WHERE "GXSJ" IS NOT NULL) parted GROUP BY part ORDER BY part
SELECT COUNT(*) FROM "land"."LICENCE" WHERE "业务号" >= :b AND "业务号" < :b
SELECT COUNT(*) FROM "land"."LICENCE" WHERE ("GXSJ" < :b OR "GXSJ" IS NULL)
SELECT COUNT(*) FROM (
SELECT * FROM T -- alle

) q
SELECT * FROM (
SELECT * FROM T -- alle

) q WHERE "业务号" >= :b AND "业务号" < :b

-- dm
SET TRANSACTION READ ONLY
SELECT * FROM "land"."LICENCE" WHERE 1 = 0
SELECT "业务号", "GXSJ", "ZP" FROM "land"."LICENCE"
SELECT "业务号", "GXSJ", "ZP" FROM "land"."LICENCE" WHERE "GXSJ" >= :b AND "GXSJ" < :b
SELECT MAX(LENGTHB("业务号")), MAX(LENGTHB("GXSJ")), MAX(LENGTHB("ZP")) FROM "land"."LICENCE"
SELECT MIN("业务号"), MAX("业务号"), COUNT(*) - COUNT("业务号") FROM "land"."LICENCE"
SELECT "GXSJ" FROM "land"."LICENCE" WHERE "GXSJ" IS NOT NULL AND ROWNUM <= 1000
RTRIM(TRANSLATE("GXSJ", '123456789', '000000000'))
SUBSTR(t, -6)
TRUNC(t) = t
SELECT MIN(cut) FROM (SELECT "GXSJ" AS cut, NTILE(4) OVER (ORDER BY "GXSJ") AS part FROM "land"."LICENCE" WHERE "GXSJ" IS NOT NULL) parted GROUP BY part ORDER BY part
SELECT COUNT(*) FROM "land"."LICENCE" WHERE "业务号" >= :b AND "业务号" < :b
SELECT COUNT(*) FROM "land"."LICENCE" WHERE ("GXSJ" < :b OR "GXSJ" IS NULL)
SELECT COUNT(*) FROM (
SELECT * FROM T -- alle

) q
SELECT * FROM (
SELECT * FROM T -- alle

) q WHERE "业务号" >= :b AND "业务号" < :b
