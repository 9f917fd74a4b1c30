//! A call as a picture: who says what to whom, and what follows where nothing is heard.
//!
//! In: a call with its codes and the way out of unknown in words. Out: SVG. It must not know the model.

use super::escaped;
use std::fmt::Write;

/// A message of the picture: its code or name, and whether the bank says it.
pub(super) struct Arrow {
    pub(super) text: String,
    pub(super) by_bank: bool,
}

/// The picture; `unknown`: steps under it.
pub(super) fn picture(party: &str, arrows: &[Arrow], unknown: &[String]) -> String {
    let rows = arrows.len() + unknown.len();
    let height = 40 + rows * 26;
    let mut out = format!(
        "<svg viewBox=\"0 0 640 {height}\" width=\"640\" height=\"{height}\" role=\"img\"><defs><marker id=\"to\" markerWidth=\"8\" markerHeight=\"8\" refX=\"7\" refY=\"4\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker></defs><g font-size=\"13\" text-anchor=\"middle\"><text x=\"80\" y=\"16\">行方 bank</text><text x=\"560\" y=\"16\">{}</text></g><path d=\"M80 24V{height}M560 24V{height}\" stroke=\"#888\" fill=\"none\"/>",
        escaped(party)
    );
    let mut y = 44;
    for arrow in arrows {
        let (from, to) = if arrow.by_bank { (80, 558) } else { (560, 82) };
        let _ = write!(
            out,
            "<path d=\"M{from} {y}H{to}\" stroke=\"#222\" marker-end=\"url(#to)\"/><text x=\"320\" y=\"{}\" font-size=\"12\" text-anchor=\"middle\">{}</text>",
            y - 5,
            escaped(&arrow.text)
        );
        y += 26;
    }
    for step in unknown {
        let _ =
            write!(out, "<text x=\"90\" y=\"{y}\" font-size=\"12\" fill=\"#a40\">⚠ {}</text>", escaped(step));
        y += 26;
    }
    out + "</svg>"
}
