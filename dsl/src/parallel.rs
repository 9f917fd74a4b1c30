//! The same work on many things, on as many threads as there are processors.
//!
//! In: things and the work. Out: what came of each, in their order, whichever was through first. It must not know what the
//! work is.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Does the work on all things; a thread takes the next one when it is through with one, since they differ in size.
pub fn side_by_side<T: Sync, R: Send>(all: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let workers = std::thread::available_parallelism().map_or(1, NonZero::get).min(all.len());
    let next = AtomicUsize::new(0);
    let some = || {
        let mut done = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(one) = all.get(place) else { return done };
            done.push((place, work(one)));
        }
    };
    let mut done = std::thread::scope(|scope| {
        let others: Vec<_> = (1..workers).map(|_| scope.spawn(some)).collect();
        let mut done = some();
        for other in others {
            done.extend(other.join().unwrap_or_else(|fault| resume_unwind(fault)));
        }
        done
    });
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::side_by_side;

    #[test]
    fn results_come_in_the_order_of_the_things() {
        let all: Vec<u64> = (0..1_000).collect();
        let twice = side_by_side(&all, |one| {
            if one.is_multiple_of(7) {
                std::thread::yield_now();
            }
            one * 2
        });
        assert_eq!(twice, (0..1_000).map(|one| one * 2).collect::<Vec<u64>>());
        assert_eq!(side_by_side(&[] as &[u64], |one| *one), Vec::<u64>::new());
    }
}
