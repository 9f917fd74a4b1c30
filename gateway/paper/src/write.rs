//! Pages as a PDF (ISO 32000-1). In: what is drawn. Out: octets; the same receipt always gives the same ones.

use crate::face::{CODED, HALF, LATIN, NAME, WHOLE, coded};
use crate::layout::{Drawn, HIGH, Page, WIDE};
use crate::{Receipt, stamp};
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo};
use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

/// The font's name on our pages.
pub(crate) const FONT: &[u8] = b"F";
/// Objects before the pages: catalog, pages, information, font and what belongs to it.
const BEFORE: i32 = 6;

pub(crate) fn document(receipt: &Receipt, pages: &[Page]) -> Vec<u8> {
    let mut pdf = Pdf::new();
    let [catalog, tree, information, font, letters, look] = [1, 2, 3, 4, 5, BEFORE].map(Ref::new);
    let numbers = |place: usize| {
        let first = BEFORE + 1 + 2 * i32::try_from(place).unwrap_or(i32::MAX / 4);
        (Ref::new(first), Ref::new(first + 1))
    };
    pdf.catalog(catalog).pages(tree).lang(TextStr("zh-CN"));
    let count = i32::try_from(pages.len()).unwrap_or(i32::MAX);
    pdf.pages(tree).kids((0..pages.len()).map(|place| numbers(place).0)).count(count);
    pdf.document_info(information).title(TextStr(&receipt.title)).producer(TextStr("Tongshi"));
    describe(&mut pdf, font, letters, look);
    for (place, drawn) in pages.iter().enumerate() {
        let (page, content) = numbers(place);
        let mut writer = pdf.page(page);
        writer.media_box(Rect::new(0.0, 0.0, WIDE, HIGH)).parent(tree).contents(content);
        writer.resources().fonts().pair(Name(FONT), font);
        writer.finish();
        pdf.stream(content, &drawing(drawn));
    }
    pdf.finish()
}

/// The font: none is embedded, each reader has this one.
fn describe(pdf: &mut Pdf, font: Ref, letters: Ref, look: Ref) {
    let name = Name(NAME);
    pdf.type0_font(font).base_font(name).encoding_predefined(Name(CODED)).descendant_font(letters);
    let mut cid = pdf.cid_font(letters);
    cid.subtype(CidFontType::Type0).base_font(name).font_descriptor(look);
    cid.system_info(SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"GB1"), supplement: 4 });
    cid.default_width(f32::from(WHOLE));
    cid.widths().same(LATIN.0, LATIN.1, f32::from(HALF));
    cid.finish();
    pdf.font_descriptor(look)
        .name(name)
        .flags(FontFlags::SERIF | FontFlags::SYMBOLIC)
        .bbox(Rect::new(-25.0, -254.0, 1_000.0, 880.0))
        .italic_angle(0.0)
        .ascent(880.0)
        .descent(-120.0)
        .cap_height(880.0)
        .stem_v(93.0);
}

fn drawing(page: &Page) -> Vec<u8> {
    let mut content = Content::new();
    for drawn in page {
        match drawn {
            Drawn::Text { x, y, size, grey, text } => {
                content.begin_text().set_font(Name(FONT), *size).set_fill_gray(*grey);
                content.next_line(*x, *y).show(Str(&coded(text))).end_text();
            }
            Drawn::Rule { x, y, wide } => {
                content.set_line_width(0.6).set_stroke_gray(0.5);
                content.move_to(*x, *y).line_to(x + wide, *y).stroke();
            }
            Drawn::Shade { x, y, wide, high } => {
                content.set_fill_gray(0.93).rect(*x, *y, *wide, *high).fill_nonzero();
            }
            Drawn::Stamp { x, y, name } => stamp::draw(&mut content, *x, *y, name),
        }
    }
    content.finish().to_vec()
}
