//! A word that is told once, to all who wait for it, in the order in which they began to wait.
//!
//! For: who waits for one sign-in, for a listener to stop. The library's `watch` wakes those who wait in an order of its own dice, so
//! that a simulated day would not be the same each time. In: the word. Out: it, or that nobody will tell it any more.
//! Must not know: what it means.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::sync::Notify;

struct Word<T> {
    word: OnceLock<T>,
    /// Told, or never to be told.
    over: AtomicBool,
    waits: Notify,
}

/// Who tells it. Dropped before that, nobody will.
pub struct Teller<T>(Arc<Word<T>>);

/// Who waits for it; clones wait for the same word.
pub struct Told<T>(Arc<Word<T>>);

/// A word that is not told yet.
#[must_use]
pub fn told<T>() -> (Teller<T>, Told<T>) {
    let word = Word { word: OnceLock::new(), over: AtomicBool::new(false), waits: Notify::new() };
    let word = Arc::new(word);
    (Teller(Arc::clone(&word)), Told(word))
}

impl<T> Teller<T> {
    /// Tells it.
    pub fn tell(self, word: T) {
        // Nobody else tells it: it is empty until now.
        drop(self.0.word.set(word));
    }
}

impl<T> Drop for Teller<T> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Release);
        self.0.waits.notify_waiters();
    }
}

impl<T> Told<T> {
    /// Whether it may yet be told.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        !self.0.over.load(Ordering::Acquire)
    }

    /// The word, once it is told; none where nobody will tell it any more.
    pub async fn heard(&self) -> Option<&T> {
        let mut waits = std::pin::pin!(self.0.waits.notified());
        waits.as_mut().enable();
        if self.is_awaited() {
            waits.await;
        }
        self.0.word.get()
    }
}

impl<T> Clone for Told<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[tokio::test]
    async fn all_who_wait_hear_it_in_their_order_and_who_comes_later_too() {
        let (teller, word) = told();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let waits = |number: u32| {
            let (word, heard) = (word.clone(), Arc::clone(&heard));
            async move {
                let said = word.heard().await.copied();
                heard.lock().unwrap().push((number, said));
            }
        };
        let all: Vec<_> = (0..20).map(|number| tokio::spawn(waits(number))).collect();
        tokio::task::yield_now().await;
        assert!(word.is_awaited());
        teller.tell("now");
        for task in all {
            task.await.unwrap();
        }
        waits(20).await;
        assert_eq!(*heard.lock().unwrap(), (0..=20).map(|number| (number, Some("now"))).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn what_nobody_will_tell_is_waited_for_by_nobody() {
        let (teller, word) = told::<u32>();
        let waits = tokio::spawn({
            let word = word.clone();
            async move { word.heard().await.copied() }
        });
        tokio::task::yield_now().await;
        drop(teller);
        assert_eq!(waits.await.unwrap(), None);
        assert!(!word.is_awaited());
        assert_eq!(word.heard().await, None);
    }
}
