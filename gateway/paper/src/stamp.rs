//! The bank's stamp: a red ring with a star in it and the name along the ring.
//!
//! In: its middle and the name. Out: operators of a page's content.

use crate::face::{coded, width};
use crate::layout::STAMP;
use pdf_writer::{Content, Name, Str};
use std::f32::consts::PI;

/// How much of the ring's arc the name may take.
const ARC: f32 = 1.6 * PI;
/// The largest size of its letters.
const LARGEST: f32 = 13.0;
/// How far a curve's handles stand off for a quarter of a circle of radius 1.
const HANDLE: f32 = 0.552_285;

pub(crate) fn draw(content: &mut Content, x: f32, y: f32, name: &str) {
    content.save_state();
    content.set_stroke_rgb(0.8, 0.05, 0.05).set_fill_rgb(0.8, 0.05, 0.05).set_line_width(2.4);
    circle(content, x, y, STAMP - 2.0);
    star(content, x, y, STAMP * 0.28);
    letters(content, x, y, name);
    content.restore_state();
}

fn circle(content: &mut Content, x: f32, y: f32, radius: f32) {
    let off = radius * HANDLE;
    content.move_to(x + radius, y);
    content.cubic_to(x + radius, y + off, x + off, y + radius, x, y + radius);
    content.cubic_to(x - off, y + radius, x - radius, y + off, x - radius, y);
    content.cubic_to(x - radius, y - off, x - off, y - radius, x, y - radius);
    content.cubic_to(x + off, y - radius, x + radius, y - off, x + radius, y);
    content.close_and_stroke();
}

fn star(content: &mut Content, x: f32, y: f32, radius: f32) {
    for corner in 0_u8..10 {
        let far = if corner % 2 == 0 { radius } else { radius * 0.382 };
        let turn = PI / 2.0 + f32::from(corner) * PI / 5.0;
        let (x, y) = (x + far * turn.cos(), y + far * turn.sin());
        if corner == 0 {
            content.move_to(x, y);
        } else {
            content.line_to(x, y);
        }
    }
    content.close_path().fill_nonzero();
}

/// Each letter stands upright on the ring, the middle of the name at its top.
fn letters(content: &mut Content, x: f32, y: f32, name: &str) {
    let signs: Vec<String> = name.chars().map(String::from).collect();
    let inner = STAMP - 22.0;
    let wish = width(name, LARGEST);
    let size = (LARGEST * (ARC * inner / wish.max(1.0)).min(1.0)).max(4.0);
    let spread = (width(name, size) * 1.25).min(ARC * inner) / width(name, size).max(1.0);
    let arc = width(name, size) * spread / inner;
    let mut turn = PI / 2.0 + arc / 2.0;
    for sign in &signs {
        let wide = width(sign, size);
        let step = wide * spread / inner;
        let at = turn - step / 2.0;
        turn -= step;
        let lean = at - PI / 2.0;
        let (cos, sin) = (lean.cos(), lean.sin());
        let (left, up) = (wide / 2.0, inner);
        let (from_x, from_y) = (x + up * at.cos() - left * cos, y + up * at.sin() - left * sin);
        content.begin_text();
        content.set_font(Name(crate::write::FONT), size);
        content.set_text_matrix([cos, sin, -sin, cos, from_x, from_y]);
        content.show(Str(&coded(sign)));
        content.end_text();
    }
}
