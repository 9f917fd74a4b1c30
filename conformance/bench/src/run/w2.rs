//! W2: codecs on one thread, product and floor in turn.

use super::Wanted;
use crate::ratio::Spread;
use crate::table::{Better, Measured, Row};
use crate::wire::{Pair, pairs};

/// Rows of W2.
pub(super) fn rows(wanted: &Wanted) -> Result<Vec<Row>, String> {
    let mut pairs = pairs(&wanted.sources.join("codecs"))?;
    pairs.retain(|pair| wanted.takes("w2") || wanted.takes(pair.id));
    let rounds = wanted.rounds(15);
    let milliseconds = if wanted.quick { 20 } else { 100 };
    eprintln!("W2, {} codecs, {rounds} rounds", pairs.len());
    let mut taken: Vec<Vec<(f64, f64)>> = vec![Vec::new(); pairs.len()];
    for round in 0..rounds {
        for (pair, taken) in pairs.iter_mut().zip(&mut taken) {
            taken.push(turn(pair, round, milliseconds)?);
        }
    }
    pairs.iter().zip(&taken).map(|(pair, taken)| row(pair, taken)).collect()
}

/// One round: both, the order rotated.
fn turn(pair: &mut Pair, round: usize, milliseconds: u64) -> Result<(f64, f64), String> {
    let told = || format!("{}: a message was not read or written", pair.what);
    if round.is_multiple_of(2) {
        let product = nanoseconds(&mut pair.product, milliseconds).ok_or_else(told)?;
        Ok((product, nanoseconds(&mut pair.floor, milliseconds).ok_or_else(told)?))
    } else {
        let floor = nanoseconds(&mut pair.floor, milliseconds).ok_or_else(told)?;
        Ok((nanoseconds(&mut pair.product, milliseconds).ok_or_else(told)?, floor))
    }
}

/// Processor time of one piece of work, over about so many milliseconds.
fn nanoseconds(work: &mut dyn FnMut() -> Option<()>, milliseconds: u64) -> Option<f64> {
    let mut pieces = 0_u64;
    let began = thread_time()?;
    loop {
        for _ in 0..256 {
            work()?;
        }
        pieces += 256;
        let took = thread_time()?.saturating_sub(began);
        if took > milliseconds * 1_000_000 {
            return Some(took as f64 / pieces as f64);
        }
    }
}

/// Nanoseconds that this thread has run.
fn thread_time() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

fn row(pair: &Pair, taken: &[(f64, f64)]) -> Result<Row, String> {
    let middle = |of: fn(&(f64, f64)) -> f64| {
        Spread::of(&taken.iter().map(of).collect::<Vec<_>>()).map_or(0.0, |spread| spread.median)
    };
    let figures = format!("{:.0} ns against {:.0} ns", middle(|pair| pair.0), middle(|pair| pair.1));
    let ratio = Spread::of_ratios(taken).ok_or("no round")?;
    Ok(Row {
        id: pair.id,
        what: pair.what.to_owned(),
        against: pair.against.to_owned(),
        gate: pair.bounds.0,
        goal: pair.bounds.1,
        better: Better::Low,
        measured: Ok(Measured { ratio, rounds: taken.len(), figures }),
    })
}
