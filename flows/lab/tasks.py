"""Synthetic tasks whose answers are computed, with test items that never appear in training.

An item is a (prompt, target) pair of characters. Items that ask the same thing (swapped operands of a sum) share a
key; a cryptographic hash of the key sends every item either to the test side or to the training side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from random import Random

LETTERS = "abcdefghijklmnopqrstuvwxyz"
TEST_SHARE_OF_256 = 32
PARITY_POSITIONS = (2, 5, 9)


@dataclass(frozen=True)
class Item:
    """One question: the text a model reads, the text it should write, and the key that marks equal questions."""

    prompt: str
    target: str
    key: str


@dataclass(frozen=True)
class Task:
    """One task of the family.

    Attributes:
        name: Task id, as it appears in the warehouse.
        prefix: The capital letter that opens every prompt and tells the model which task it is.
        title: Words for people.
        draw: Draws one item from a random generator.
        weight: How often the task is drawn for training, relative to the others: harder tasks are seen more.
    """

    name: str
    prefix: str
    title: str
    draw: Callable[[Random], Item]
    weight: float


def _addition(digits: int, prefix: str) -> Callable[[Random], Item]:
    low, high = 10 ** (digits - 1), 10**digits - 1

    def draw(random: Random) -> Item:
        a, b = random.randint(low, high), random.randint(low, high)
        return Item(f"{prefix}{a}+{b}=", str(a + b), f"{min(a, b)}+{max(a, b)}")

    return draw


def _multiplication(random: Random) -> Item:
    a, b = random.randint(100, 999), random.randint(2, 9)
    return Item(f"M{a}*{b}=", str(a * b), f"{a}*{b}")


def _modular_addition(random: Random) -> Item:
    a, b = random.randint(0, 96), random.randint(0, 96)
    return Item(f"O{a}+{b}=", str((a + b) % 97), f"{min(a, b)}+{max(a, b)}")


def _reverse(random: Random) -> Item:
    word = "".join(random.choice(LETTERS) for _ in range(random.randint(5, 8)))
    return Item(f"R{word}=", word[::-1], word)


def _sort(random: Random) -> Item:
    digits = "".join(random.choice("0123456789") for _ in range(6))
    return Item(f"S{digits}=", "".join(sorted(digits)), digits)


def _caesar(random: Random) -> Item:
    word = "".join(random.choice(LETTERS) for _ in range(6))
    shift = random.randint(1, 9)
    shifted = "".join(LETTERS[(LETTERS.index(letter) + shift) % 26] for letter in word)
    return Item(f"C{shift}{word}=", shifted, f"{shift}{word}")


def _permutation(random: Random) -> Item:
    first, second = random.sample("12345", 5), random.sample("12345", 5)
    composed = "".join(second[int(position) - 1] for position in first)
    text = f"{''.join(first)}*{''.join(second)}"
    return Item(f"P{text}=", composed, text)


def _parity(random: Random) -> Item:
    bits = "".join(random.choice("01") for _ in range(12))
    parity = sum(int(bits[position]) for position in PARITY_POSITIONS) % 2
    return Item(f"Q{bits}=", str(parity), bits)


def _chain(prefix: str, *, step_by_step: bool) -> Callable[[Random], Item]:
    def draw(random: Random) -> Item:
        terms = [random.randint(2, 9) for _ in range(5)]
        steps, total = [], terms[0]
        for term in terms[1:]:
            steps.append(f"{total}+{term}={total + term}")
            total += term
        target = ";".join(steps) if step_by_step else str(total)
        text = "+".join(map(str, terms))
        return Item(f"{prefix}{text}:", target, text)

    return draw


TASKS: tuple[Task, ...] = (
    Task("add3", "A", "3-digit addition", _addition(3, "A"), 2.0),
    Task("add4", "D", "4-digit addition", _addition(4, "D"), 3.0),
    Task("mul3x1", "M", "3-by-1-digit multiplication", _multiplication, 2.0),
    Task("modadd97", "O", "Addition modulo 97", _modular_addition, 1.0),
    Task("reverse", "R", "Reversing 5-8 letters", _reverse, 1.0),
    Task("sort6", "S", "Sorting 6 digits", _sort, 0.5),
    Task("caesar6", "C", "Caesar shift of 6 letters", _caesar, 1.2),
    Task("perm5", "P", "Composing permutations of 5", _permutation, 2.0),
    Task("parity3of12", "Q", "Parity of 3 hidden bits", _parity, 0.5),
    Task("chain", "H", "Chained sums, answer only", _chain("H", step_by_step=False), 0.6),
    Task("chain_cot", "K", "Chained sums, step by step", _chain("K", step_by_step=True), 0.6),
)


def is_test_key(task: str, key: str) -> bool:
    """Whether items with this key are kept for the test set (a fixed 1/8 of all keys, by hash)."""
    return blake2b(f"{task}:{key}".encode(), digest_size=1).digest()[0] < TEST_SHARE_OF_256


def training_items(task: Task, random: Random) -> Iterator[Item]:
    """An endless stream of training items; none shares its key with a test item."""
    while True:
        item = task.draw(random)
        if not is_test_key(task.name, item.key):
            yield item


def held_out_items(task: Task, count: int) -> list[Item]:
    """The test set of a task: ``count`` items with distinct keys, the same for every model and training seed.

    Raises:
        ValueError: The task has fewer distinct test items than asked for.
    """
    random = Random(f"{task.name}:0")
    found: dict[str, Item] = {}
    for _ in range(count * 256):
        item = task.draw(random)
        if is_test_key(task.name, item.key):
            found.setdefault(item.key, item)
        if len(found) == count:
            return list(found.values())
    raise ValueError(
        f"task {task.name!r} has only {len(found)} distinct test items, {count} were asked for; ask for fewer"
    )
