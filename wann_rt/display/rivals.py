"""A contest with rivals on the terminal: one row as soon as one is judged."""

from wann_rt.display.live import Live, Showing
from wann_rt.display.tables import console, escape, table
from wann_rt.rivals.contest import WORST, Entry


class RivalTable(Showing):
    """Shows who is being tuned, and in the end a table."""

    def __init__(self, task: str, *, quiet: bool = False) -> None:
        """Prepares for the contest of a task; ``quiet`` shows nothing."""
        self._task, self._quiet = task, quiet
        self._entries: list[Entry] = []
        self._live = Live("rival", None, quiet=quiet)

    def told(self, entry: Entry) -> Entry:
        """Takes one that is judged; returns it."""
        self._entries.append(entry)
        self._live.update(len(self._entries), entry.name)
        return entry

    def _ended(self) -> None:
        if not self._quiet:
            self._show()

    def _show(self) -> None:
        made = table(
            f"{escape(self._task)}: ours and what a user would take instead, the same episodes",
            *("controller", ">size", ">plain", ">disturbed", f">worst {WORST:.0%}", ">sign changes/s", ">behind ours"),
            *[">regret"] * any(one.regret for one in self._entries),
        )
        for one in self._entries:
            size = f"{len(one.gains)} gains" if one.gains or one.law else ""
            size = size if one.controller is None else f"{one.controller.network.n_connections} connections"
            behind = "" if one.ahead is None else f"{one.ahead.mean:.1f} ± {one.ahead.ci95:.1f}"
            chatter = "" if one.plain.chatter is None else f"{one.plain.chatter:.1f}"
            scores = f"{one.plain.mean:.1f}", f"{one.disturbed.mean:.1f}", f"{one.disturbed.cvar(WORST):.1f}"
            regret = [] if one.regret is None else [f"{one.regret.mean:.1f} ± {one.regret.ci95:.1f}"]
            made.add_row(escape(one.name), size, *scores, chatter, behind, *regret)
        console().print(made)
