//! What the load generator says in each workload.

use crate::bill::{Act, BILLS, Bill};
use crate::load::Conversation;
use std::collections::VecDeque;

/// The exchanges of W1, one a bill.
#[must_use]
pub fn queries() -> Vec<(Vec<u8>, Vec<u8>)> {
    let made = (0..BILLS).map(|serial| {
        let bill = Bill::new(Act::Query, serial);
        (bill.request(), bill.reply())
    });
    made.collect()
}

/// W1: bills that go round; their frames are made beforehand.
pub struct Queries {
    made: Vec<(Vec<u8>, Vec<u8>)>,
    next: usize,
}

impl Queries {
    /// All bills.
    #[must_use]
    pub fn new() -> Self {
        Self { made: queries(), next: 0 }
    }
}

impl Default for Queries {
    fn default() -> Self {
        Self::new()
    }
}

impl Conversation for Queries {
    fn next(&mut self, request: &mut Vec<u8>, reply: &mut Vec<u8>) {
        if let Some((asked, answered)) = self.made.get(self.next) {
            request.clone_from(asked);
            reply.clone_from(answered);
        }
        self.next = (self.next + 1) % self.made.len().max(1);
    }
}

/// Postings, those of W1p or those that wait for people: no serial comes twice, a repeat would be answered from the journal.
pub struct Postings {
    act: Act,
    serial: u64,
}

impl Postings {
    /// Beginning at a serial.
    #[must_use]
    pub fn new(act: Act, serial: u64) -> Self {
        Self { act, serial }
    }

    /// The serial that comes next.
    #[must_use]
    pub fn serial(&self) -> u64 {
        self.serial
    }
}

impl Conversation for Postings {
    fn next(&mut self, request: &mut Vec<u8>, reply: &mut Vec<u8>) {
        let bill = Bill::new(self.act, self.serial);
        self.serial += 1;
        *request = bill.request();
        *reply = if self.act == Act::Review { bill.pending() } else { bill.reply() };
    }
}

/// W3: frames of one size, echoed.
pub struct Frames {
    ring: VecDeque<Vec<u8>>,
}

impl Frames {
    /// Frames of so many octets behind their length of four digits.
    #[must_use]
    pub fn new(octets: usize) -> Self {
        let ring = (0..16_u8).map(|seed| {
            let mut frame = format!("{octets:04}").into_bytes();
            frame.extend((0..octets).map(|at| b'A' + (u8::try_from(at % 23).unwrap_or(0) + seed) % 26));
            frame
        });
        Self { ring: ring.collect() }
    }
}

impl Conversation for Frames {
    fn next(&mut self, request: &mut Vec<u8>, reply: &mut Vec<u8>) {
        if let Some(frame) = self.ring.front() {
            request.clone_from(frame);
            reply.clone_from(frame);
        }
        self.ring.rotate_left(1);
    }
}
