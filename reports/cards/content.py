"""The section of a card, and the table of all of them."""

import contextlib
import inspect
import re
from collections.abc import Iterator, Sequence

import pandas as pd

from backends.activation import Variant, catalogue, parse_variant
from reports import formats
from reports.cards import costs, facts
from reports.cards.load import CurveCollection
from reports.cards.pictures import picture_of
from reports.cards.pictures import table_of as numbers_of
from reports.cards.results import QUANTITIES, natives, points, vanished
from reports.cards.words import kinks_of
from reports.page.section import Block, Code, Column, Facts, Fold, Grid, Section, Table, Words

EQUATION = re.compile(r"f\([^)]*\)(_i)? = ")
VANISHED = (
    "From which input on every derivative is exactly 0 in this number format, because the true one is too small or was "
    "rounded away."
)
POINT_WORDS = (
    "Marked: outside of what is valid, which is the limit at infinities, any derivative between the two sides at a "
    "kink, and NaN at NaN. **≠**: the backends differ. *Alone*: in an array of that one number the backend gives "
    "something else than among many."
)


def variants(collection: CurveCollection) -> list[Variant]:
    """Return the variants that have a card: each activation's first one, then every other that was recorded."""
    usual = [entry.variants[0] for entry in catalogue().values()]
    return list(dict.fromkeys([*usual, *others(collection)]))


def others(collection: CurveCollection) -> list[Variant]:
    """Return the parameter cases that were recorded, without those of packages that are not installed."""
    variants = []
    for name in dict.fromkeys(
        name for recording in collection.recordings for name in recording.variants if "[" in name
    ):
        with contextlib.suppress(LookupError):
            variants.append(parse_variant(name))
    return variants


def card(variant: Variant, collection: CurveCollection, costs_table: pd.DataFrame | None) -> Section:
    """Return the card of one variant."""
    blocks: list[Block] = [
        *definition(variant, collection),
        Grid([picture_of(variant, collection, name) for name in QUANTITIES]),
        facts_of(variant, collection),
        Grid([[calling(variant, collection)], [cost(variant, costs_table)]], "uneven"),
        Fold("At kinks and special values", [Words(POINT_WORDS, "soft"), filled(points(variant, collection))]),
        Fold("Where the derivative has vanished", [Words(VANISHED, "soft"), vanished(variant, collection)]),
        Fold("The numbers of the pictures", list(picture_numbers(variant, collection))),
        Words(source(variant), "soft"),
    ]
    return Section(variant.id, blocks, anchor(variant), is_card=True)


def anchor(variant: Variant) -> str:
    """Return the anchor of a card."""
    return f"card-{formats.text(variant.id)}"


def definition(variant: Variant, collection: CurveCollection) -> Iterator[Words]:
    """Yield the words of the catalogue, the formula, the remaining words, and the row that is shown, if it is one."""
    words, equation, more = described(variant)
    yield Words(words)
    yield Words(f"`{equation}`")
    if more:
        yield Words(more, "soft")
    rows = [row for recording in collection.recordings if (row := recording.curves(variant.id).row)]
    if rows:
        yield Words(f"Shown: {formats.markdown(rows[0])}.", "soft")


def facts_of(variant: Variant, collection: CurveCollection) -> Facts:
    """Return the facts of a card, its kinks the last of them."""
    kinks = [formats.number(kink) for kink in kinks_of(variant, collection)]
    rings = "dashed; rings: the result of each backend there" if kinks else ""
    lines = [*facts.facts(variant, collection), facts.Fact("kinks", ", ".join(kinks) or "none", rings)]
    pairs = {line.name: line.text for line in lines}
    return Facts(f"{variant.id}: facts", pairs, {line.name: line.note for line in lines if line.note}, facts.MEANINGS)


def calling(variant: Variant, collection: CurveCollection) -> Section:
    """Return the section on the calls: Keras', this project's and each framework's own."""
    code = Code(f"{signature(variant)}\n{call(variant)}")
    names = Words(f"Aliases: {formats.markdown(aliases(variant))}.", "soft")
    return Section("How to call it", [code, names, natives(variant, collection)])


def cost(variant: Variant, costs_table: pd.DataFrame | None) -> Section:
    """Return the section on the cost."""
    table, setting = costs.table_of(costs_table, variant.id), costs.setting(costs_table)
    reason = "the run holds no such case" if setting else "no run was named (--run)"
    words = Words(f"{formats.markdown(setting)}." if table else f"no data: {reason}.", "soft")
    return Section(f"Cost, {costs.COPY.unit}", [table, words] if table else [words])


def picture_numbers(variant: Variant, collection: CurveCollection) -> Iterator[Block]:
    """Yield the table of the pictures."""
    if kinks_of(variant, collection):
        yield Words("ε is a millionth: just below and just above a kink.", "soft")
    yield filled(numbers_of(variant, collection))


def filled(table: Table) -> Block:
    """Return the table, or words where it has no row."""
    return table if len(table.rows) else Words("no data", "fault")


def overview(variants: Sequence[Variant], collection: CurveCollection, costs_table: pd.DataFrame | None) -> Table:
    """Return a row for each card: its facts, and the range of multiples of a copy of the first direction."""
    rows = []
    for variant in variants:
        texts = {fact.name: fact.text.partition(": it ")[2] or fact.text for fact in facts.facts(variant, collection)}
        row = {"activation": variant.id, "anchor": f"#{anchor(variant)}", "cost": costs.span(costs_table, variant.id)}
        rows.append(texts | row)
    names = [name for name in facts.MEANINGS if name != "kinks"]
    first = next(iter(costs.directions(costs_table)), "no data")
    columns = [
        Column("activation", "activation", href="anchor"),
        *(Column(name, name, meaning=facts.MEANINGS[name]) for name in names),
        Column("cost", f"{costs.COPY.unit}, {first}", lambda text: text or "no data", meaning=costs.COPY.meaning),
    ]
    return Table(
        pd.DataFrame(rows, columns=[*names, "activation", "anchor", "cost"]).fillna(""),
        columns,
        style="numbers overview",
    )


def described(variant: Variant) -> tuple[str, str, str]:
    """Return the words, the formula and the remaining words of the catalogue."""
    first, _, rest = (inspect.getdoc(variant.activation.formula) or "").partition("\n\n")
    if not EQUATION.search(first):
        second, _, rest = rest.partition("\n\n")
        first = f"{first} {second}"
    match = EQUATION.search(first)
    cut = match.start() if match else len(first)
    words, equation, more = (" ".join(part.split()) for part in (first[:cut], first[cut:], rest))
    words = words.rstrip(": ")
    return words + "." * (not words.endswith(".")), equation.replace("`", ""), more


def source(variant: Variant) -> str:
    """Return the source of the definition with its link, if it has one."""
    text, link, address = variant.activation.source.partition("https://")
    return f"Source: {formats.markdown(text)}" + (f"<{link}{address}>" if link else "")


def signature(variant: Variant) -> str:
    """Return the signature as Keras has it; a parameter without a default stands without one."""
    parameters = variant.activation.parameters.values()
    parameters_shown = [p.name if p.required else f"{p.name}={p.default!r}" for p in parameters]
    return f"keras.activations.{variant.activation.name}({', '.join(['x', *parameters_shown])})"


def aliases(variant: Variant) -> str:
    """Return the other names of the activation and of its parameters."""
    activation = variant.activation
    renamed = [f"{old} for {new}" for old, new in activation.parameter_aliases.items()]
    return ", ".join([*activation.aliases, *renamed]) or "none"


def call(variant: Variant) -> str:
    """Return the call through this project, on any backend."""
    pairs = [(p, variant.parameters[p.name]) for p in variant.activation.parameters.values()]
    passed = [f", {p.name}={value!r}" for p, value in pairs if p.required or value != p.default]
    return f'backends.call("torch", "{variant.activation.name}", x{"".join(passed)})'
