//! Workload W2: codecs on one thread, the product's beside ones written by hand for the very message.
//!
//! In: the adapters under `codecs`. Out: [`Pair`]s of work that do the same, and prove it before they are timed: what the
//! product reads and writes has to be what the floor reads and writes. Typed means that each field is checked, texts are
//! UTF-8, amounts whole numbers, dates days that exist.

mod fixed;
mod iso8583;
mod json;
mod parse;
mod product;
mod xml;

use crate::floor::gbk::Gbk;
use product::{Kept, Product};
use std::path::Path;

/// The same work twice.
pub struct Pair {
    /// Short name of its row.
    pub id: &'static str,
    /// What is done.
    pub what: &'static str,
    /// What it is held against.
    pub against: &'static str,
    /// Gate and goal.
    pub bounds: (f64, f64),
    /// The product's work.
    pub product: Box<dyn FnMut() -> Option<()>>,
    /// The floor's.
    pub floor: Box<dyn FnMut() -> Option<()>>,
}

/// All pairs, checked against each other.
///
/// # Errors
/// Adapters that do not compile, or two codecs that disagree.
pub fn pairs(codecs: &Path) -> Result<Vec<Pair>, String> {
    let product = Product::load(codecs)?;
    let gbk: &'static Gbk = Box::leak(Box::new(Gbk::new()));
    let product: &'static Product = Box::leak(Box::new(product));
    let mut all = Vec::new();
    let read = move |octets: &[u8]| fixed::Bill::read(octets, gbk);
    let write = move |bill: &fixed::Bill, out: &mut Vec<u8>| bill.write(gbk, out);
    all.extend(both(product, &FIXED, &fixed::SAMPLE, read, write)?);
    let write = |sale: &iso8583::Sale, out: &mut Vec<u8>| sale.write(out);
    all.extend(both(product, &ISO8583, iso8583::SAMPLE, iso8583::Sale::read, write)?);
    let read = move |octets: &[u8]| xml::Account::read(octets, gbk);
    let write = move |account: &xml::Account, out: &mut Vec<u8>| account.write(gbk, out);
    all.extend(both(product, &XML, &xml::sample(), read, write)?);
    all.push(json::pair(product)?);
    Ok(all)
}

/// One message of W2: its call, and of reading and writing the row, the words, gate and goal.
struct Workload {
    call: &'static str,
    against: &'static str,
    read: (&'static str, &'static str, (f64, f64)),
    write: (&'static str, &'static str, (f64, f64)),
}

const FIXED: Workload = Workload {
    call: "bill",
    against: "floor structs",
    read: ("w2a_decode", "W2a decode, fixed", (1.5, 1.25)),
    write: ("w2a_encode", "W2a encode, fixed", (1.5, 1.25)),
};
const ISO8583: Workload = Workload {
    call: "sale",
    against: "floor structs",
    read: ("w2b_decode", "W2b decode, ISO 8583", (1.5, 1.25)),
    write: ("w2b_encode", "W2b encode, ISO 8583", (1.5, 1.25)),
};
const XML: Workload = Workload {
    call: "account",
    against: "floor scanner",
    read: ("w2c_decode", "W2c decode, GBK XML", (1.6, 1.3)),
    write: ("w2c_encode", "W2c encode, GBK XML", (1.5, 1.25)),
};

/// Reading and writing of one message.
fn both<T: 'static>(
    product: &'static Product,
    workload: &Workload,
    sample: &[u8],
    read: impl Fn(&[u8]) -> Option<T> + 'static,
    write: impl Fn(&T, &mut Vec<u8>) -> Option<()> + 'static,
) -> Result<[Pair; 2], String> {
    let Workload {
        call,
        against,
        read: (id_read, what_read, bounds_read),
        write: (id_write, what_write, bounds_write),
    } = *workload;
    let message = product.message(call)?;
    let values = message.values(sample)?;
    let told = || format!("{call}: the product cannot write what it has read");
    let mut filled = message.filled(&values).ok_or_else(told)?;
    message.write(&mut filled).ok_or_else(told)?;
    let written = filled.octets().to_vec();
    let typed = read(sample).ok_or_else(|| format!("{call}: the floor cannot read the sample"))?;
    let mut by_hand = Vec::new();
    write(&typed, &mut by_hand).ok_or_else(|| format!("{call}: the floor cannot write what it has read"))?;
    for (who, octets) in [("the product", &written), ("the floor", &by_hand)] {
        if octets != sample {
            let shown = |octets: &[u8]| encoding_rs::GBK.decode(octets).0.into_owned();
            return Err(format!(
                "{call}: {who} writes\n  {}\ninstead of\n  {}",
                shown(octets),
                shown(sample)
            ));
        }
    }
    let frame = bytes::Bytes::copy_from_slice(sample);
    let octets = sample.to_vec();
    let (mut kept, mut out) = (Kept::default(), Vec::with_capacity(sample.len()));
    Ok([
        Pair {
            id: id_read,
            what: what_read,
            against,
            bounds: bounds_read,
            product: Box::new(move || message.read(std::hint::black_box(&frame), &mut kept)),
            floor: Box::new(move || {
                read(std::hint::black_box(&octets)).map(|typed| drop(std::hint::black_box(typed)))
            }),
        },
        Pair {
            id: id_write,
            what: what_write,
            against,
            bounds: bounds_write,
            product: Box::new(move || {
                message.write(std::hint::black_box(&mut filled))?;
                std::hint::black_box(filled.octets());
                Some(())
            }),
            floor: Box::new(move || {
                out.clear();
                write(std::hint::black_box(&typed), &mut out)?;
                std::hint::black_box(&out);
                Some(())
            }),
        },
    ])
}
