"""
National objects while they are built by generated code.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mappings.emit import Lines, Names, Pointer

PRESENT = "{0} is not None and {0} != ''"


@dataclass(slots=True)
class Building:
    """
    A national object being built. `flag` names the variable that says whether anything was read
    into it; the root has none. `later` runs only if so.
    """

    var: str
    anchor: Lines
    pointer: Pointer
    names: Names
    flag: str | None = None
    later: Lines = field(default_factory=Lines)
    below: dict[tuple[str, ...], str] = field(default_factory=dict)
    assigned: set[tuple[str, ...]] = field(default_factory=set)

    def open(self, segments: tuple[str, ...]) -> str:
        if not segments:
            return self.var
        if segments not in self.below:
            self.open(segments[:-1])
            var = self.names.fresh("n")
            self.anchor.append(f"{var} = {{}}")
            self.below[segments] = var
        return self.below[segments]

    def write(self, segments: tuple[str, ...], value: str) -> str:
        self.assigned.add(segments)
        return f"{self.open(segments[:-1])}[{segments[-1]!r}] = {value}"

    def join(self, segments: tuple[str, ...], value: str) -> list[str]:
        """Lines that add the fields of a fresh object to the object at a path."""
        var = self.open(segments)
        return [f"if {var}: merge({var}, {value})", f"else: {var} = {value}"]

    def look(self, segments: tuple[str, ...]) -> str:
        """What has been built at a path so far."""
        for cut in range(len(segments), -1, -1):
            var = self.below.get(segments[:cut]) if cut else self.var
            if var is not None and (cut < len(segments) or segments not in self.assigned):
                return f"dig({var}, {segments[cut:]!r})"
        raise AssertionError("the object itself is always there")

    def close(self, lines: Lines) -> None:
        for segments, var in sorted(self.below.items(), key=lambda entry: -len(entry[0])):
            above = self.open(segments[:-1])
            if segments in self.assigned:
                lines.append(f"if {var}: merge({above}, {{{segments[-1]!r}: {var}}})")
            else:
                lines.append(f"if {var}: {above}[{segments[-1]!r}] = {var}")
