//! Tasks that stand still: all of a process at once, as a machine that is stopped for a while and goes on.
//!
//! For: simulated days, where one thread plays several machines. In: who says when. Out: futures that are not polled
//! meanwhile; time, and what others send, go on around them. Must not know: why.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, Waker};

/// Lets tasks stand still.
pub trait Pace: Send + Sync + 'static {
    /// Whether tasks stand still now. Who asks is woken when they go on.
    fn stands(&self, waker: &Waker) -> bool;
}

/// A future that stands still when it is told to.
pub async fn paced<F: Future>(pace: Arc<dyn Pace>, future: F) -> F::Output {
    let mut future = pin!(future);
    std::future::poll_fn(|context| {
        if pace.stands(context.waker()) { Poll::Pending } else { future.as_mut().poll(context) }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::super::{Clock, Core, ManualClock, Moment, World};
    use super::*;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    use std::time::Duration;

    #[derive(Default)]
    struct Stops(AtomicBool, Mutex<Vec<Waker>>);

    impl Pace for Stops {
        fn stands(&self, waker: &Waker) -> bool {
            self.1.lock().unwrap().push(waker.clone());
            self.0.load(Ordering::SeqCst)
        }
    }

    #[tokio::test]
    async fn tasks_of_a_core_stand_still_while_time_goes_on() {
        let (clock, stops) = (ManualClock::new(Moment(0)), Arc::new(Stops::default()));
        let pace: Arc<dyn Pace> = Arc::<Stops>::clone(&stops);
        let world = World { pace: Some(pace), ..World::with_clock(Arc::new(clock.clone())) };
        let (core, steps) = (Core::start(world), Arc::new(AtomicU64::new(0)));
        let (group, counted, ticks) = (core.group(), Arc::clone(&steps), clock.clone());
        group.spawn(async move {
            loop {
                ticks.sleep_until(ticks.mark().after(Duration::from_secs(1))).await;
                counted.fetch_add(1, Ordering::SeqCst);
            }
        });
        let second = async || {
            clock.advance(Duration::from_secs(1));
            for _ in 0..8 {
                tokio::task::yield_now().await;
            }
            steps.load(Ordering::SeqCst)
        };
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
        assert_eq!(second().await, 1);
        stops.0.store(true, Ordering::SeqCst);
        assert_eq!((second().await, second().await), (1, 1));
        stops.0.store(false, Ordering::SeqCst);
        let wakers = std::mem::take(&mut *stops.1.lock().unwrap());
        wakers.into_iter().for_each(Waker::wake);
        assert_eq!(second().await, 2);
    }
}
