//! Answers that come page by page: each page is an exchange of its own; the rows of all of them are one answer.
//!
//! In: the first page's ask and answer. Out: the answer with the rows of every page, as many as the adapter allows. Only
//! queries have pages, so that a page that is missing is a question unanswered, never half a posting. It must not know
//! what the rows are.

use crate::book::Book;
use crate::engine::Engine;
use crate::exchange::{Heard, Prepared, Verdict};
use crate::message;
use crate::scene::PageAsked;
use crate::version::Version;
use adapters::value::Record;
use dsl::evaluate::Fault;
use dsl::model::{Fact, Load, Space};
use dsl::value::{Outcome, ShapeId, Type};
use std::sync::Arc;

/// The page of a number, from 1, with so many rows a page.
#[must_use]
pub fn page(number: u32, rows: u32) -> PageAsked {
    PageAsked {
        first: (number.saturating_sub(1)).saturating_mul(rows).saturating_add(1),
        rows,
        number,
        more: false,
    }
}

impl Engine {
    /// Asks for the pages behind the first one. A page that is not answered well makes the whole no answer.
    pub(crate) async fn other_pages(self: &Arc<Self>, prepared: &Prepared, first: Verdict) -> Verdict {
        let asking = &prepared.asking;
        let pages = asking.version.call(asking.call).and_then(|call| call.pages);
        let Some((rows, times, more)) = pages else { return first };
        let Verdict::Heard(mut all) = first else { return first };
        let shape = asking.version.call(asking.call).and_then(|call| call.call.answer);
        let mut last = all.clone();
        for number in 2..=times {
            if !matches!(last.outcome, Outcome::Done(_)) || !self.has_more(prepared, &last, more) {
                return Verdict::Heard(all);
            }
            let mut next = asking.clone();
            next.page = page(number, rows);
            // Another exchange: a serial and a moment of its own.
            for fact in [Fact::Serial, Fact::Date, Fact::Time, Fact::Moment] {
                next.facts.put(fact, &dsl::evaluate::Value::Absent);
            }
            let Ok(next) = self.prepare(next).await else { return Verdict::Heard(Box::new(unknown(*all))) };
            match self.exchange_once(&next).await {
                Verdict::Heard(heard) => {
                    if let (Some(shape), Some(into), Some(from)) = (shape, all.answer.as_mut(), &heard.answer)
                        && let Err(fault) = append(&asking.version, shape, into, from)
                    {
                        tracing::warn!(?fault, number, "a page's rows cannot be taken");
                        return Verdict::Heard(Box::new(unknown(*all)));
                    }
                    last = heard;
                }
                other => return other,
            }
        }
        tracing::warn!(times, "there are more pages than the adapter asks for");
        Verdict::Heard(all)
    }

    fn has_more(&self, prepared: &Prepared, last: &Heard, more: dsl::program::ExprId) -> bool {
        let asking = &prepared.asking;
        let mut scene = self.scene(&asking.version, asking.call.module);
        scene.page = PageAsked { more: last.more, ..asking.page };
        scene.facts = last.facts.clone();
        scene.request = Some(Arc::clone(&last.reply));
        message::holds(&scene, more).unwrap_or(false)
    }
}

/// An answer of which a part is missing is none.
fn unknown(heard: Heard) -> Heard {
    Heard { outcome: Outcome::Unknown, answer: None, ..heard }
}

/// Puts the rows of an answer's lists behind those of another.
fn append(version: &Version, shape: ShapeId, into: &mut Record, from: &Record) -> Result<(), Fault> {
    let fields = version.compiled.shapes.get(shape.0 as usize).ok_or(Fault::Broken)?;
    let mut whole = Book::default();
    whole.put(Space::Answer, 0, std::mem::take(into));
    let mut part = Book::default();
    part.put(Space::Answer, 0, from.clone());
    for (field, slot) in fields.fields.iter().zip(0_u16..) {
        let Type::List { shape, .. } = &field.ty else { continue };
        let stride = version.compiled.shapes.get(shape.0 as usize).map_or(0, |shape| shape.fields.len());
        let stride = u16::try_from(stride).map_err(|_| Fault::Broken)?;
        let list = Load { space: Space::Answer, level: 0, slot, call: 0 };
        for row in 0..part.rows(&list)? {
            whole.append_record(&list, &part.row(&list, row)?, stride)?;
        }
    }
    *into = whole.take(Space::Answer, 0).unwrap_or_default();
    Ok(())
}
