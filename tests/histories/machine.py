"""The steps of a history: hypothesis draws them, the player executes them.

Hypothesis sorts rules and their arguments by name: a renamed one changes the histories that a derandomized test plays.
"""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.histories.department import CANCELLED, FORMS, SPOILT, VALID
from tests.histories.knowledge import ExtractMode
from tests.histories.player import Player

STAMPS = st.sampled_from(
    ["now", "now", "now", "silent", "null", "future", "tonight", "late", "a little late", "same", "unnumbered"]
)
WHICH = st.integers(0, 5)
SOURCE = st.sampled_from([0, 0, 0, 1])
MODES = st.builds(
    ExtractMode,
    st.sampled_from(
        ["all", "time", "number", "log by time", "log by number", "time beside number", "log by time beside number"]
    ),
    st.sampled_from([timedelta(0), timedelta(0), timedelta(hours=4)]),
    st.sampled_from([False, False, False, True]),
)


class History(RuleBasedStateMachine):
    """An unreliable department, checked after every night against a model of what it really holds."""

    sandbox = None
    played = None  # called with every machine whose history has ended
    kinds = ("text",)

    def __init__(self):
        super().__init__()
        self.player = None
        self.added = self.steps = 0
        self.swept = False

    @initialize(data=st.data(), skew=st.sampled_from([0, 3]), vanished=st.sampled_from(["cancel", "hold"]),
                lost=st.sampled_from([1.0, 1.0, 0.2]), way=MODES, form=st.sampled_from(sorted(FORMS)))  # fmt: skip
    def begin(self, data, skew, vanished, lost, way, form):
        kind = data.draw(st.sampled_from(self.kinds))
        self.player = Player(self.sandbox, kind=kind, skew=timedelta(minutes=skew), vanished=vanished, lost=lost)
        self.player.sources[0].department.form = form
        self.player.declare(self.player.sources[0], way)

    def _rows(self, source):
        return sorted(source.department.rows)

    def _key(self, source, which):
        keys = self._rows(source)
        return keys[which % len(keys)] if keys else None

    @invariant()
    def a_night_follows(self):
        """Run a night after every fourth step: without a read, nothing can go wrong."""
        self.steps += 1
        if self.steps % 4 == 0:
            self.player.night()

    def _tick(self, how):
        if how != "same":
            self.player.tick()

    @rule(source=SOURCE, how=STAMPS, shared=st.booleans(), which=WHICH)
    def is_born(self, source, how, shared, which):
        one, two = self.player.sources[source], self.player.sources[1 - source]
        key = self._key(two, which)
        number = two.department.rows[key].number if shared and key else f"N{self.added:03}"
        self.added += 1
        if not one.department.holds(number):
            self._tick(how)
            one.department.add(number, self.player.now, how)

    @rule(source=SOURCE)
    def many_are_born(self, source):
        self.player.tick()
        department = self.player.sources[source].department
        if len(department.rows) < 15:
            for _ in range(11):
                self.added += 1
                department.add(f"N{self.added:03}", self.player.now)

    @rule(source=SOURCE, which=WHICH, how=STAMPS, given=st.sampled_from([{}, {}, {"status": CANCELLED}, {"status": VALID},
          {"status": SPOILT}, {"name": "甲某"}, {"name": "乙某"}]))  # fmt: skip
    def changes(self, source, which, how, given):
        one = self.player.sources[source]
        if (key := self._key(one, which)) is not None:
            self._tick(how)
            one.department.change(key, self.player.now, how, **given)

    @rule(source=SOURCE, which=WHICH, how=st.sampled_from(["now", "now", "now", "silent", "same"]))
    def is_deleted(self, source, which, how):
        one = self.player.sources[source]
        if (key := self._key(one, which)) is not None:
            self._tick(how)
            one.department.delete(key, self.player.now, how)

    @rule(source=SOURCE, which=WHICH, how=STAMPS, own_key=st.booleans())
    def is_brought_back(self, source, which, how, own_key):
        department = self.player.sources[source].department
        if numbers := sorted(department.gone):
            number = numbers[which % len(numbers)]
            self._tick(how)
            key = department.gone[number].key if own_key else None
            department.add(number, self.player.now, how, key=key)

    @rule(source=SOURCE, which=WHICH, how=STAMPS)
    def key_is_used_again(self, source, which, how):
        department = self.player.sources[source].department
        if numbers := sorted(department.gone):
            self._tick(how)
            self.added += 1
            department.add(
                f"N{self.added:03}", self.player.now, how, key=department.gone[numbers[which % len(numbers)]].key
            )

    @rule(source=SOURCE, which=WHICH, how=STAMPS, back=st.booleans())
    def is_renumbered(self, source, which, how, back):
        one = self.player.sources[source]
        if (key := self._key(one, which)) is not None:
            self._tick(how)
            self.added += 1
            gone = sorted(one.department.gone)
            number = gone[which % len(gone)] if back and gone else f"N{self.added:03}"
            one.department.change(key, self.player.now, how, number=number)

    @precondition(lambda self: self.player.sources[0].department.rows)
    @rule()
    def register_is_turned_over(self):
        self.player.tick()
        self.player.sources[0].department.turn_over(self.player.now)

    @rule(source=SOURCE, what=st.sampled_from(["reserve", "restart", "restart", "forget"]))
    def sequence_is_reserved_or_restarted(self, source, what):
        department = self.player.sources[source].department
        if what == "forget":  # the numbers of an emptied log begin anew
            department.forget()
        department.reserve() if what == "reserve" else department.restart()

    def _sources_with_fallen_numbers(self):
        return [source for source in self.player.sources if source.knowledge.numbers_fell(source.mode)]

    @precondition(lambda self: self._sources_with_fallen_numbers())
    @rule()
    def new_beginning_is_accepted(self):
        for source in self._sources_with_fallen_numbers():
            self.player.accept_beginning(source)

    @rule(source=SOURCE, form=st.sampled_from(sorted(FORMS)))
    def program_writes_times_otherwise(self, source, form):
        self.player.sources[source].department.form = form

    @rule(source=SOURCE, bare=st.booleans(), end=st.sampled_from(["D", "D", "DEL"]))
    def log_says_ends_otherwise(self, source, bare, end):
        department = self.player.sources[source].department
        department.bare_ends, department.end = bare, end

    @rule(source=SOURCE, way=MODES)
    def is_declared_otherwise(self, source, way):
        self.player.declare(self.player.sources[source], way)

    @rule()
    def night(self):
        self.player.night()

    @rule()
    def night_too(self):
        self.player.night()

    @rule()
    def night_once_more(self):
        self.player.night()

    @rule()
    def night_is_missed(self):
        self.player.tick(days=1)

    @rule(source=SOURCE, back=st.integers(0, 4))
    def day_is_run_again(self, source, back):
        day = max(self.player.first, self.player.today - timedelta(days=back))
        self.player.run(self.player.sources[source], day)

    @precondition(lambda self: not self.swept)  # once in a history: a sweep takes as long as ten nights
    @rule(source=SOURCE)
    def keys_are_swept(self, source):
        self.swept = self.player.sweep(self.player.sources[source])

    @rule(source=SOURCE)
    def days_are_filled_in(self, source):
        day = self.player.first
        while day < self.player.today:
            self.player.run(self.player.sources[source], day)
            day += timedelta(days=1)

    @rule(source=SOURCE, which=st.integers(0, 6))
    def day_is_replayed(self, source, which):
        one = self.player.sources[source]
        if days := sorted(one.knowledge.archives):
            self.player.replay(one, days[which % len(days)])

    def teardown(self):
        if self.player is None:
            return
        try:
            if not self.player.wrong:
                self.player.finish()
        finally:
            if self.played:
                self.played()
