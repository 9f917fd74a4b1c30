//! What this process has found sound: flows and calls by their shapes, so that a second check of the same texts, another
//! variant or another flow with the same call costs nothing.
//!
//! In: shapes that were walked with every rule in force. Out: how many states they had. It keeps nothing that was refused:
//! a story is told in the words of its own flow.

use super::super::program::{CallContract, FlowProgram};
use super::Walked;
use super::ground::How;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

/// Shapes kept at most; beyond that they are walked again each time.
const MOST_KEPT: usize = 20_000;

/// A call by its shape, whether its step is undone by its provider, and whether people may have it put right.
pub(super) type Call = (CallContract, bool, bool);

static FLOWS: LazyLock<Mutex<HashMap<FlowProgram, Walked>>> = LazyLock::new(Mutex::default);
static CALLS: LazyLock<Mutex<HashMap<Call, usize>>> = LazyLock::new(Mutex::default);

pub(super) fn flow(shape: &FlowProgram) -> Option<Walked> {
    FLOWS.lock().unwrap_or_else(PoisonError::into_inner).get(shape).copied()
}

pub(super) fn keep_flow(shape: FlowProgram, walked: Walked) {
    let mut flows = FLOWS.lock().unwrap_or_else(PoisonError::into_inner);
    if flows.len() < MOST_KEPT {
        flows.insert(shape, walked);
    }
}

/// Known only where it was walked the usual way.
pub(super) fn call(how: &How, shape: &Call) -> Option<usize> {
    let usual = *how == How::default();
    usual.then(|| CALLS.lock().unwrap_or_else(PoisonError::into_inner).get(shape).copied())?
}

pub(super) fn keep_call(how: &How, shape: Call, states: usize) {
    let mut calls = CALLS.lock().unwrap_or_else(PoisonError::into_inner);
    if *how == How::default() && calls.len() < MOST_KEPT {
        calls.insert(shape, states);
    }
}
