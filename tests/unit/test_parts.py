"""Which ink is the digit: drawn cases, each with the answer that a reader would give."""

from mnistlab.data.parts import digit_parts

import numpy as np
import pytest
from PIL import Image, ImageDraw

SIZE = 200


def drawn(*lines, width=8, boxes=()):
    """Polylines on an empty page of 200x200, and the outlines of boxes."""
    picture = Image.new("1", (SIZE, SIZE))
    pen = ImageDraw.Draw(picture)
    for line in lines:
        pen.line(line, fill=1, width=width)
    for box in boxes:
        pen.rectangle(box, outline=1, width=width)
    return np.array(picture)


FOUR = [(110, 40), (60, 120), (150, 120)], [(120, 80), (120, 170)]
ONE = [(100, 40), (100, 160)]


def chosen(page):
    digit = digit_parts(page)
    assert digit.count == 1
    return digit.mask, digit.notes


def same(mask, expected, share=0.97):
    assert (mask & expected).sum() / (mask | expected).sum() > share


def test_a_digit_alone_is_kept_whole():
    digit, notes = chosen(drawn(*FOUR))
    np.testing.assert_array_equal(digit, drawn(*FOUR))
    assert notes == ()


@pytest.mark.parametrize(
    "strokes",
    [
        ([(60, 45), (140, 45)], [(60, 60), (60, 100), (130, 110), (120, 160), (50, 165)]),  # a 5
        ([(60, 40), (60, 110), (140, 110)], [(140, 122), (140, 170)]),  # a 4
        (
            [(95, 40), (60, 70), (60, 130), (95, 160)],
            [(108, 40), (140, 70), (140, 130), (108, 160)],
        ),
        ([(60, 40), (60, 110), (108, 110)], [(126, 40), (126, 170)]),  # an open 4, pen lifted
    ],
)
def test_strokes_that_do_not_meet_are_one_digit(strokes):
    digit, notes = chosen(drawn(*strokes))
    np.testing.assert_array_equal(digit, drawn(*strokes))
    assert notes == ()


def test_specks_are_left_out_and_counted():
    page = drawn(ONE, [(20, 20), (22, 20)], [(180, 150), (183, 150)], width=4)
    digit, notes = chosen(page)
    np.testing.assert_array_equal(digit, drawn(ONE, width=4))
    assert notes == ("2 specks were left out.",)


def test_what_the_border_cuts_is_a_neighbor():
    digit, notes = chosen(drawn(ONE, [(0, 60), (20, 140)], [(199, 10), (190, 190)]))
    np.testing.assert_array_equal(digit, drawn(ONE))
    assert notes == ("Ink at the border was left out (2 parts).",)


def test_a_digit_that_touches_the_border_is_still_found():
    page = drawn([(100, 0), (100, 160)])
    np.testing.assert_array_equal(chosen(page)[0], page)


@pytest.mark.parametrize("count", [2, 3, 4])
def test_several_digits_are_counted(count):
    ones = [[(30 + 45 * place, 50), (30 + 45 * place, 150)] for place in range(count)]
    assert digit_parts(drawn(*ones)).count == count


def test_digits_one_above_the_other_are_counted():
    assert digit_parts(drawn([(60, 20), (90, 80)], [(60, 120), (90, 180)])).count == 2


@pytest.mark.parametrize("tilt", [0, 3])
def test_lines_of_the_paper_are_left_out(tilt):
    rules = [[(0, y), (199, y + tilt)] for y in (30, 90, 150)]
    page = drawn(*rules, width=2) | drawn(*FOUR)
    digit, notes = chosen(page)
    assert notes[0] == "Lines across the whole picture were taken as printed on the paper."
    same(digit, drawn(*FOUR), 0.9)


def test_squared_paper_is_left_out():
    rules = [[(0, at), (199, at)] for at in range(15, 200, 40)]
    rules += [[(at, 0), (at, 199)] for at in range(25, 200, 40)]
    digit, _ = chosen(drawn(*rules, width=1) | drawn(*FOUR))
    same(digit, drawn(*FOUR), 0.9)


def test_a_one_across_the_whole_picture_is_no_line():
    page = drawn([(100, 0), (100, 199)], width=6)
    np.testing.assert_array_equal(chosen(page)[0], page)


def test_a_frame_around_the_digit_is_left_out_and_a_zero_is_no_frame():
    page = drawn(ONE, boxes=[(20, 10, 180, 190)])
    digit, notes = chosen(page)
    np.testing.assert_array_equal(digit, drawn(ONE))
    assert "A frame around the digit was left out." in notes
    zero = Image.new("1", (SIZE, SIZE))
    pen = ImageDraw.Draw(zero)
    pen.ellipse([40, 20, 160, 180], outline=1, width=8)
    pen.line([(90, 70), (110, 130)], fill=1, width=8)
    digit, notes = chosen(np.array(zero))
    assert digit[20:180, 40:160].sum() > np.array(zero).sum() * 0.8
    assert not any("frame" in note for note in notes)


def test_only_specks_are_no_digit():
    page = np.zeros((SIZE, SIZE), bool)
    page[50:53, 70:74] = page[120:124, 30:33] = True
    assert digit_parts(page) is None


def test_what_the_border_cuts_is_said():
    assert digit_parts(drawn([(100, 0), (100, 160)])).cut
    assert not digit_parts(drawn(ONE)).cut


def test_a_pattern_of_thin_lines_is_left_out():
    # Printed so faintly that only pieces of the lines are left.
    dashes = [[(x, y), (x + 9, y)] for y in range(15, 200, 30) for x in range(0, 190, 24)]
    digit, notes = chosen(drawn(*dashes, width=2) | drawn(*FOUR, width=12))
    assert "What is much thinner than the pen was taken as printed on the paper." in notes
    same(digit, drawn(*FOUR, width=12), 0.9)
