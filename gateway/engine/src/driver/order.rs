//! Rows that share what a limit counts run one after the other, in the order of their list: of two lines for one payer and
//! month the first is tried first.
//!
//! In: rows with the keys of their limits. Out: which may begin. It must not know flows, nor what a key is made of.

use dsl::flow::LoopId;

/// A row with its keys.
type Row = (LoopId, u64, Vec<String>);

/// Rows that run, and rows that wait for one of them. Bounded by how many rows of a loop run at once.
#[derive(Debug, Default)]
pub(super) struct Order {
    running: Vec<Row>,
    waiting: Vec<Row>,
}

impl Order {
    /// Whether a row may begin now; if not it waits until [`Order::ended`] gives it, or has begun already.
    pub(super) fn admit(&mut self, of: LoopId, row: u64, keys: Vec<String>) -> bool {
        if keys.is_empty() {
            return true;
        }
        let same = |(known, number, _): &Row| (*known, *number) == (of, row);
        if self.running.iter().chain(&self.waiting).any(same) {
            return false;
        }
        let free = is_free(&keys, self.running.iter().chain(&self.waiting));
        let place = if free { &mut self.running } else { &mut self.waiting };
        place.push((of, row, keys));
        free
    }

    /// Whether a row was let begin.
    pub(super) fn runs(&self, of: LoopId, row: u64) -> bool {
        self.running.iter().any(|(known, number, _)| (*known, *number) == (of, row))
    }

    /// Whether a row waits for another.
    pub(super) fn waits(&self, of: LoopId, row: u64) -> bool {
        self.waiting.iter().any(|(known, number, _)| (*known, *number) == (of, row))
    }

    /// A row has ended; gives those that may begin now, in order.
    pub(super) fn ended(&mut self, of: LoopId, row: u64) -> Vec<(LoopId, u64)> {
        self.running.retain(|(known, number, _)| (*known, *number) != (of, row));
        let (mut begun, mut still) = (Vec::new(), Vec::new());
        for (of, row, keys) in std::mem::take(&mut self.waiting) {
            if is_free(&keys, self.running.iter().chain(&still)) {
                begun.push((of, row));
                self.running.push((of, row, keys));
            } else {
                still.push((of, row, keys));
            }
        }
        self.waiting = still;
        begun
    }
}

fn is_free<'a>(keys: &[String], mut before: impl Iterator<Item = &'a Row>) -> bool {
    !before.any(|(.., known)| known.iter().any(|key| keys.contains(key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_key_go_in_order_and_others_pass() {
        let (mut order, of) = (Order::default(), LoopId(0));
        let keys = |key: &str| vec![key.to_owned()];
        assert!(order.admit(of, 0, keys("a")));
        assert!(!order.admit(of, 1, keys("a")));
        assert!(order.admit(of, 2, keys("b")));
        assert!(!order.admit(of, 3, keys("a")));
        assert!(!order.admit(of, 0, keys("a")), "it runs");
        assert!(!order.admit(of, 3, keys("a")), "it waits");
        assert!(order.admit(of, 4, Vec::new()));
        assert_eq!(order.ended(of, 2), []);
        assert!(order.waits(of, 1) && !order.waits(of, 0) && !order.waits(of, 4));
        assert!(order.runs(of, 0) && !order.runs(of, 1) && !order.runs(of, 2));
        assert_eq!(order.ended(of, 0), [(of, 1)]);
        assert_eq!(order.ended(of, 1), [(of, 3)]);
        assert_eq!(order.ended(of, 3), []);
    }
}
