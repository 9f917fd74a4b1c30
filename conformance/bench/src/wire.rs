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
use product::Product;
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
    all.extend(both(
        product,
        "bill",
        &fixed::SAMPLE.to_vec(),
        ("w2a", "W2a"),
        move |octets| fixed::Bill::read(octets, gbk),
        move |bill, out| bill.write(gbk, out),
    )?);
    all.extend(both(
        product,
        "sale",
        &iso8583::SAMPLE.to_vec(),
        ("w2b", "W2b"),
        |octets| iso8583::Sale::read(octets),
        |sale, out| sale.write(out),
    )?);
    all.extend(both(
        product,
        "account",
        &xml::sample(),
        ("w2c", "W2c"),
        move |octets| xml::Account::read(octets, gbk),
        move |account, out| account.write(gbk, out),
    )?);
    all.push(json::pair(product)?);
    Ok(all)
}

/// Reading and writing of one message.
fn both<T: 'static>(
    product: &'static Product,
    call: &str,
    sample: &[u8],
    (id, name): (&'static str, &'static str),
    read: impl Fn(&[u8]) -> Option<T> + 'static,
    write: impl Fn(&T, &mut Vec<u8>) -> Option<()> + 'static,
) -> Result<[Pair; 2], String> {
    let message = product.message(call)?;
    let values = message.values(sample)?;
    let written =
        message.write(&values).ok_or_else(|| format!("{call}: the product cannot write what it has read"))?;
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
    let (id_read, id_write): (&str, &str) = match id {
        "w2a" => ("w2a_decode", "w2a_encode"),
        "w2b" => ("w2b_decode", "w2b_encode"),
        _ => ("w2c_decode", "w2c_encode"),
    };
    let (what_read, what_write): (&str, &str) = match name {
        "W2a" => ("W2a decode, fixed", "W2a encode, fixed"),
        "W2b" => ("W2b decode, ISO 8583", "W2b encode, ISO 8583"),
        _ => ("W2c decode, GBK XML", "W2c encode, GBK XML"),
    };
    let xml = id == "w2c";
    let against = if xml { "floor scanner" } else { "floor structs" };
    let frame = bytes::Bytes::copy_from_slice(sample);
    let octets = sample.to_vec();
    let mut out = Vec::with_capacity(sample.len());
    Ok([
        Pair {
            id: id_read,
            what: what_read,
            against,
            bounds: if xml { (1.6, 1.3) } else { (1.5, 1.25) },
            product: Box::new(move || message.read(&frame)),
            floor: Box::new(move || {
                read(std::hint::black_box(&octets)).map(|typed| drop(std::hint::black_box(typed)))
            }),
        },
        Pair {
            id: id_write,
            what: what_write,
            against,
            bounds: (1.5, 1.25),
            product: Box::new(move || {
                message.write(std::hint::black_box(&values)).map(|octets| drop(std::hint::black_box(octets)))
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
