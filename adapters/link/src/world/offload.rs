//! Work that would hold up a core: heavy seals, compression, blocking calls.
//!
//! For: the engine's seal jobs. In: a closure. Out: it is run once, on a thread of its own or in place.
//! Must not know: what the work is.

/// A piece of work.
pub type Job = Box<dyn FnOnce() + Send + 'static>;

/// Where work that takes long is done.
pub trait Offload: Send + Sync + 'static {
    /// Runs the job once, now or later.
    fn run(&self, job: Job);

    /// Whether a job is done before [`Offload::run`] comes back, so that nothing here may wait for another thread.
    fn in_place(&self) -> bool {
        false
    }
}

/// The blocking threads of the running tokio runtime.
#[derive(Clone, Copy, Debug, Default)]
pub struct Threads;

impl Offload for Threads {
    fn run(&self, job: Job) {
        drop(tokio::task::spawn_blocking(job));
    }
}

/// In place, at once: for simulations, where threads would make the order of events uncertain.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inline;

impl Offload for Inline {
    fn run(&self, job: Job) {
        job();
    }

    fn in_place(&self) -> bool {
        true
    }
}
