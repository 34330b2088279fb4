"""The drawing of a network: where its boxes are, the figure of it, and what the browser is sent."""

from itertools import pairwise

from mnistlab import plots
from mnistlab.plots.networks import HIGHEST, WIDTH, layout, network
from mnistlab.widgets.designer import templates
from mnistlab.widgets.designer.screens.design import described
from mnistlab.widgets.designer.views.drawing import NetworkDrawing
from tests.designer.designs import plans

import pytest
from hypothesis import given

IMAGE = ("Input", "image", (28, 28, 1), 0)


def maps(side, channels, name="conv1"):
    return "Conv2D", name, (side, side, channels), 0


def span(points, axis):
    values = [point[axis] for point in points]
    return round(max(values) - min(values), 6)


def front(box):
    return box.faces[-1].points


def corners(drawn):
    return [point for box in drawn.boxes for face in box.faces for point in face.points]


class TestTheSizesOfBoxes:
    def test_a_box_is_as_high_as_its_map(self):
        image, half = layout([IMAGE, maps(14, 8)]).boxes
        assert span(front(image), 1) == HIGHEST
        assert span(front(half), 1) == HIGHEST / 2

    def test_and_wider_the_more_maps_there_are(self):
        few, many = layout([maps(14, 32), maps(14, 64)]).boxes
        assert span(front(many), 0) == pytest.approx(2**0.5 * span(front(few), 0), abs=1e-5)

    def test_a_wide_map_goes_far_back(self):
        square, wide = layout([("Input", "a", (8, 8, 1), 0), ("Input", "b", (8, 16, 1), 0)]).boxes
        assert span(wide.faces[0].points, 1) == pytest.approx(2 * span(square.faces[0].points, 1))

    def test_a_row_of_numbers_is_a_thin_bar_longer_the_more_there_are(self):
        units = [("Dense", "a", (count,), 0) for count in (10, 128, 9216)]
        heights = [span(front(box), 1) for box in layout(units).boxes]
        assert heights == sorted(heights)
        assert heights[-1] == HIGHEST
        assert {span(front(box), 0) for box in layout(units).boxes} == {9}

    def test_what_has_no_shape_is_one_face_and_says_so(self):
        [box] = layout([("Conv2D", "conv1", None, 0)]).boxes
        assert not box.known
        assert len(box.faces) == 1
        assert box.labels == ("conv1", "no shape")
        assert box.words == "conv1: no shape"


class TestTheLabels:
    def test_they_are_name_shape_and_parameters(self):
        plan = templates.template("keras_convnet")
        boxes = layout(described(plan)).boxes
        assert [box.labels[1] for box in boxes] == [
            *("28x28x1", "26x26x32", "24x24x64", "12x12x64", "12x12x64"),
            *("9216", "128", "128", "10"),
        ]
        assert boxes[6].labels == ("dense1", "128", "1,179,776")
        assert boxes[6].words == "dense1 makes 128, 1,179,776 parameters"

    @pytest.mark.parametrize("name", templates.names())
    def test_each_template_fits_one_line_and_no_labels_meet(self, name):
        drawn = layout(described(templates.template(name)))
        assert len({box.below for box in drawn.boxes}) == 1
        assert all(0 <= x <= WIDTH and 0 <= y <= drawn.height for x, y in corners(drawn))
        figure = network(described(templates.template(name)))
        figure.draw_without_rendering()
        by_line = {}
        for text in figure.axes[0].texts:
            if text.get_text():
                box = text.get_window_extent()
                by_line.setdefault(round(text.get_position()[1]), []).append((box.x0, box.x1))
        for spans in by_line.values():
            spans.sort()
            assert all(one[1] + 2 < other[0] for one, other in pairwise(spans))
            assert spans[0][0] >= 0 and spans[-1][1] <= WIDTH


class TestLines:
    def test_what_does_not_fit_goes_on_below(self):
        drawn = layout([IMAGE, *[maps(28, 32, f"conv{place}") for place in range(30)]])
        lines = sorted({box.below for box in drawn.boxes})
        assert len(lines) > 2
        assert lines[-1] < drawn.height
        assert all(0 <= x <= WIDTH for x, _ in corners(drawn))

    def test_an_arrow_leads_to_each_box_also_over_the_end_of_a_line(self):
        drawn = layout([maps(28, 32, f"conv{place}") for place in range(30)])
        lines = len({box.below for box in drawn.boxes})
        assert len(drawn.arrows) == 29 + (lines - 1)
        assert all(start < end for start, end, _ in drawn.arrows)

    @given(plan=plans())
    def test_any_design_can_be_drawn_inside_the_drawing(self, plan):
        drawn = layout(described(plan))
        assert len(drawn.boxes) == len(plan.layers) + 1
        assert all(0 <= y <= drawn.height for _, y in corners(drawn))
        assert [box.known for box in drawn.boxes[1:]] == [
            row.output_shape is not None for row in plan.rows
        ]


class TestTheFigure:
    def test_it_writes_names_as_they_are(self):
        figure = plots.network([("Conv2D", "$x^2$", None, 0)], title="costs $5 and $6")
        figure.draw_without_rendering()
        texts = [text for text in figure.axes[0].texts if text.get_text()]
        assert {"$x^2$", "costs $5 and $6"} <= {text.get_text() for text in texts}
        assert not any(text.get_parse_math() for text in texts if "$" in text.get_text())

    def test_what_is_wrong_has_an_edge_of_its_own(self):
        def edges(**options):
            figure = plots.network([IMAGE, maps(14, 2)], **options)
            return [patch.get_edgecolor() for patch in figure.axes[0].patches]

        fine, marked = edges(), edges(marked=[1])
        assert fine[:3] == marked[:3]
        assert fine[3:6] != marked[3:6]


class TestTheWidget:
    def test_the_browser_is_sent_the_layout(self):
        drawing = NetworkDrawing()
        drawing.show([IMAGE, ("Conv2D", "<img src=x>", None, 0)], marked={1})
        image, wrong = drawing.picture["boxes"]
        assert (image["known"], image["marked"], len(image["faces"])) == (True, False, 3)
        assert (wrong["known"], wrong["marked"], len(wrong["faces"])) == (False, True, 1)
        assert wrong["labels"] == ["<img src=x>", "no shape"]
        assert (
            drawing.words == "Drawing of the network: image makes 28x28x1; <img src=x>: no shape."
        )

    def test_a_click_chooses_a_box_that_there_is(self):
        chosen = []
        drawing = NetworkDrawing(chosen.append)
        drawing.show([IMAGE, maps(14, 2)])
        for message in ({"choose": 1}, {"choose": 2}, {"choose": -1}, {"choose": True}, {}, None):
            drawing._handle_custom_msg(message, [])
        assert chosen == [1]
