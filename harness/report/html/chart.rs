//! The door to plotters: a drawing becomes a figure with a name, a description and a caption.
//!
//! Charts have the width of a narrow screen and are never scaled, so that their text can be read everywhere; wide screens
//! show several beside each other. They are drawn in the colours of the light theme. The dark theme replaces each colour by
//! its partner, through rules that match the attributes which plotters writes.

use std::fmt::Write as _;

use maud::{Markup, PreEscaped, html};
use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, IntoDrawingArea as _, RGBColor, SVGBackend};
use plotters::style::{Color as _, IntoFont as _, TextStyle};

/// Width of a chart, in CSS pixels: what a screen of 360 leaves.
pub(super) const WIDTH: u32 = 312;
/// Height of a chart with two axes.
pub(super) const HEIGHT: u32 = 220;
/// Room for the labels of the y axis.
pub(super) const LEFT: u32 = 58;
/// Room for the labels and the name of the x axis.
pub(super) const BELOW: u32 = 42;

/// Lines, labels.
pub(super) const INK: RGBColor = RGBColor(0x1b, 0x1f, 0x24);
/// What is only there for orientation.
pub(super) const FAINT: RGBColor = RGBColor(0xb8, 0xc0, 0xc8);
/// What did not change.
pub(super) const SAME: RGBColor = RGBColor(0x0a, 0x58, 0xa8);
/// What changed.
pub(super) const DRIFT: RGBColor = RGBColor(0xb0, 0x1a, 0x2c);

/// The colours, each with its partner in the dark theme.
const PARTNERS: [(RGBColor, &str); 4] =
    [(INK, "#e4e9ee"), (FAINT, "#4a545e"), (SAME, "#6cb0ff"), (DRIFT, "#ff8c8c")];

/// What plotters makes of a size: its fonts are measured in other units than CSS pixels.
const LABEL_SIZE: f64 = 12.0 * 1.24;

/// An area to draw on.
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// What drawing may end with; into a string, it does not fail.
pub(super) type Drawn = Result<(), Box<dyn std::error::Error>>;

/// A chart with the words around it.
pub(super) struct Chart<'a> {
    /// Unique in the document.
    pub(super) id: &'a str,
    /// What it is, in a few words.
    pub(super) title: &'a str,
    /// What its axes and signs mean.
    pub(super) legend: &'a str,
    /// What is to be seen in it, with the numbers: nobody needs the picture.
    pub(super) caption: Markup,
    /// Its height.
    pub(super) height: u32,
}

impl Chart<'_> {
    /// The figure. Without a drawing, the words remain.
    pub(super) fn figure(self, draw: impl FnOnce(&Area<'_>) -> Drawn) -> Markup {
        let mut text = String::new();
        let drawn = {
            let area = SVGBackend::with_string(&mut text, (WIDTH, self.height)).into_drawing_area();
            draw(&area).is_ok() && area.present().is_ok()
        };
        let shapes = if drawn { shapes(&text) } else { None };
        let (title, legend) = (format!("{}-title", self.id), format!("{}-legend", self.id));
        html! {
            figure.chart {
                p.title aria-hidden="true" { (self.title) }
                @if let Some(shapes) = shapes {
                    svg role="img" aria-labelledby=(title) aria-describedby=(legend) width=(WIDTH) height=(self.height)
                        viewBox=(format!("0 0 {WIDTH} {}", self.height)) {
                        title id=(title) { (self.title) }
                        desc id=(legend) { (self.legend) }
                        (PreEscaped(shapes))
                    }
                }
                figcaption { (self.caption) " " span.muted { (self.legend) } }
            }
        }
    }
}

/// What stands inside the root that plotters writes, without attributes that say nothing: a page may hold hundreds of
/// charts.
fn shapes(svg: &str) -> Option<String> {
    let root = svg.find("<svg")?;
    let begin = root + svg[root..].find('>')? + 1;
    let mut shapes = svg[begin..svg.rfind("</svg>")?].trim().to_owned();
    for idle in [
        " opacity=\"1\"",
        " font-family=\"sans-serif\"",
        " font-size=\"12\"",
        " text-anchor=\"start\"",
        " stroke=\"none\"",
        " stroke-width=\"1\"",
    ] {
        shapes = shapes.replace(idle, "");
    }
    Some(shapes)
}

/// The text of axes.
pub(super) fn label() -> TextStyle<'static> {
    ("sans-serif", LABEL_SIZE).into_font().color(&INK)
}

/// A colour with less weight, by its share of the full one.
pub(super) fn weak(colour: RGBColor, share: f64) -> plotters::style::RGBAColor {
    colour.mix(share)
}

/// A range that holds all values with some air; `None` where the numbers are too large, or too close together, for an axis
/// that can be read.
pub(super) fn range(values: impl Iterator<Item = f64>) -> Option<std::ops::Range<f64>> {
    let (low, high) = values
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    let size = low.abs().max(high.abs());
    // Differences of such numbers are no numbers any more, or have no digits.
    if !(low <= high && size < 1e300) {
        return None;
    }
    let span = high - low;
    let air = if span <= size * 1e-9 || span < 1e-290 { size.max(1e-3) * 0.05 } else { span * 0.06 };
    Some(low - air..high + air)
}

/// The rules that give charts their colours in the dark theme.
pub(super) fn style() -> String {
    let mut rules = String::from("@media screen and (prefers-color-scheme: dark) {\n");
    for (RGBColor(red, green, blue), partner) in PARTNERS {
        for attribute in ["fill", "stroke"] {
            let _ = writeln!(
                rules,
                "  .chart [{attribute}=\"#{red:02X}{green:02X}{blue:02X}\"] {{ {attribute}: {partner}; }}"
            );
        }
    }
    rules + "}\n"
}

#[cfg(test)]
mod tests {
    use plotters::prelude::{Circle, Rectangle, Text};

    use super::*;

    #[test]
    fn every_colour_of_a_drawing_has_its_partner_in_the_dark_theme() {
        let chart = Chart { id: "x", title: "a < b", legend: "l", caption: html! { "c" }, height: 100 };
        let page = chart
            .figure(|area| {
                for (colour, _) in PARTNERS {
                    area.draw(&Circle::new((5, 5), 3, weak(colour, 0.5).filled()))?;
                    area.draw(&Rectangle::new([(1, 1), (4, 4)], colour.stroke_width(1)))?;
                }
                area.draw(&Text::new("<script>&", (9, 9), label()))?;
                Ok(())
            })
            .into_string();
        let rules = style();
        let colours = page.split('"').filter(|value| value.starts_with('#'));
        assert!(colours.clone().count() >= 2 * PARTNERS.len(), "{page}");
        for colour in colours {
            assert!(rules.contains(colour), "{colour}");
        }
        assert!(page.contains("a &lt; b") && !page.contains("<script>"), "{page}");
    }

    #[test]
    fn a_range_holds_its_values_or_there_is_none() {
        assert_eq!(range([].into_iter()), None);
        assert_eq!(range([1e301, 0.0].into_iter()), None);
        for values in [[0.0, 0.0], [5.0, 5.0], [-1.0, 1.0], [1.0, 1.0 + f64::EPSILON], [1e-300, 2e-300]] {
            let range = range(values.into_iter()).unwrap();
            assert!(range.start < range.end && values.iter().all(|value| range.contains(value)), "{range:?}");
        }
    }
}
