//! A core: the world, the tasks born on one runtime, and its wheel of time limits.
//!
//! For: links and the engine. In: a [`World`]. Out: tasks that end when their owner is dropped, time limits,
//! work put on other threads. Must not know: what the tasks do.

use std::fmt;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::pace::Pace;
use super::share::{Share, Shares};
use super::wheel::Wheel;
use super::{Deadline, Mark, World, pace};

/// A handle to a core; cheap to clone. Its tasks live until its [`CoreOwner`] is dropped.
#[derive(Clone)]
pub struct Core {
    inner: Arc<Inner>,
}

struct Inner {
    world: World,
    begins: Begins,
    tasks: Arc<Tasks>,
    wheel: Wheel,
    load: AtomicUsize,
    connections: AtomicU64,
    shares: Arc<Shares>,
}

/// The time limit passed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the time limit passed")]
pub struct Elapsed;

pin_project! {
    /// A future with a time limit. As a type of its own it holds the future once; an `async fn` would hold it twice.
    pub struct Within<F> {
        #[pin]
        future: F,
        deadline: Deadline,
    }
}

impl<F: Future> Future for Within<F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Poll::Ready(value) = this.future.poll(context) {
            return Poll::Ready(Ok(value));
        }
        Pin::new(this.deadline).poll(context).map(|()| Err(Elapsed))
    }
}

pin_project! {
    /// A future with a time limit behind which it is not polled any more, however long its task stood still.
    pub struct Strictly<F> {
        #[pin]
        within: Within<F>,
        core: Core,
        until: Mark,
        began: bool,
    }
}

impl<F: Future> Future for Strictly<F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if *this.began && this.core.mark() >= *this.until {
            return Poll::Ready(Err(Elapsed));
        }
        *this.began = true;
        this.within.poll(context)
    }
}

impl<F> fmt::Debug for Strictly<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Strictly").field("until", &self.until).finish_non_exhaustive()
    }
}

impl<F> fmt::Debug for Within<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Within").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

/// Owns a core's tasks: dropping it stops every one of them at its next wait.
pub struct CoreOwner {
    core: Core,
}

impl Core {
    /// Starts a core on the runtime that this is called on.
    #[must_use]
    pub fn start(world: World) -> CoreOwner {
        let wheel = Wheel::new(Arc::clone(&world.clock));
        let tasks = Arc::new(Tasks::default());
        let begins = Begins { runtime: Handle::current(), pace: world.pace.clone() };
        tasks.spawn(&begins, wheel.clone().drive());
        let shares =
            Arc::new(Shares::new(Arc::clone(&world.clock), Handle::current().metrics().num_workers()));
        let inner = Inner {
            world,
            begins,
            tasks,
            wheel,
            load: AtomicUsize::new(0),
            connections: AtomicU64::new(0),
            shares,
        };
        CoreOwner { core: Core { inner: Arc::new(inner) } }
    }

    /// The world as handles.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.inner.world
    }

    /// The monotonic mark now.
    #[must_use]
    pub fn mark(&self) -> Mark {
        self.inner.world.clock.mark()
    }

    /// A task of this core; from any thread. After the owner is gone the future is dropped unpolled.
    pub fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.inner.tasks.spawn(&self.inner.begins, future);
    }

    /// A group of tasks that ends with its owner or with the core, whichever goes first.
    #[must_use]
    pub fn group(&self) -> TaskGroup {
        let tasks = Arc::new(Tasks::default());
        self.inner.tasks.adopt(&tasks);
        TaskGroup { core: self.clone(), tasks }
    }

    /// The share of a name: tasks of one do not keep those of another waiting for long.
    #[must_use]
    pub fn share(&self, name: &str) -> Share {
        let Inner { shares, begins, tasks, .. } = &*self.inner;
        shares.of(name, TaskAdder { begins: begins.clone(), tasks: Arc::downgrade(tasks) })
    }

    /// A time limit at this mark, at most a tenth of a second late.
    #[must_use]
    pub fn deadline(&self, at: Mark) -> Deadline {
        self.inner.wheel.at(at)
    }

    /// Runs a future until a mark. It fails with [`Elapsed`] when the mark passed first; the future is dropped with what
    /// this gives.
    pub fn within<F: Future>(&self, until: Mark, future: F) -> Within<F> {
        Within { future, deadline: self.deadline(until) }
    }

    /// The same for what sends: where its task has stood still beyond the mark, nothing more of it happens. A process that was
    /// stopped in the middle of a request would else send the rest of it when others have long asked what became of it.
    pub fn within_strictly<F: Future>(&self, until: Mark, future: F) -> Strictly<F> {
        Strictly { within: self.within(until, future), core: self.clone(), until, began: false }
    }

    /// Does work elsewhere and waits for its result; `None` if the work was given up.
    pub async fn offload<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let (give, take) = oneshot::channel();
        self.inner.world.offload.run(Box::new(move || drop(give.send(work()))));
        take.await.ok()
    }

    /// A number that no other connection of this core has had.
    pub(crate) fn connection(&self) -> u64 {
        self.inner.connections.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Connections dealt to this core, by which an acceptor finds the least loaded one.
    pub(crate) fn load(&self) -> usize {
        self.inner.load.load(Ordering::Relaxed)
    }

    /// Counts a connection on this core until the guard is dropped.
    pub(crate) fn loaded(&self) -> Loaded {
        self.inner.load.fetch_add(1, Ordering::Relaxed);
        Loaded { core: self.clone() }
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("load", &self.load()).finish_non_exhaustive()
    }
}

/// One connection in a core's load.
pub(crate) struct Loaded {
    core: Core,
}

impl Drop for Loaded {
    fn drop(&mut self) {
        self.core.inner.load.fetch_sub(1, Ordering::Relaxed);
    }
}

impl CoreOwner {
    /// A handle to the core.
    #[must_use]
    pub fn core(&self) -> Core {
        self.core.clone()
    }
}

impl Deref for CoreOwner {
    type Target = Core;

    fn deref(&self) -> &Core {
        &self.core
    }
}

impl Drop for CoreOwner {
    fn drop(&mut self) {
        self.core.inner.tasks.stop();
    }
}

impl fmt::Debug for CoreOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.core.fmt(f)
    }
}

/// Tasks that end together when this is dropped.
pub struct TaskGroup {
    core: Core,
    tasks: Arc<Tasks>,
}

impl TaskGroup {
    /// A task of this group.
    pub fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(&self.core.inner.begins, future);
    }

    /// A handle that can add tasks to the group but does not keep it alive.
    pub(crate) fn adder(&self) -> TaskAdder {
        TaskAdder { begins: self.core.inner.begins.clone(), tasks: Arc::downgrade(&self.tasks) }
    }

    /// The core that the group's tasks run on.
    #[must_use]
    pub fn core(&self) -> &Core {
        &self.core
    }
}

impl Drop for TaskGroup {
    fn drop(&mut self) {
        self.tasks.stop();
    }
}

impl fmt::Debug for TaskGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskGroup").finish_non_exhaustive()
    }
}

/// Adds tasks to a group from inside the group; futures for a group that is gone are dropped unpolled.
#[derive(Clone)]
pub(crate) struct TaskAdder {
    begins: Begins,
    tasks: Weak<Tasks>,
}

impl TaskAdder {
    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        if let Some(tasks) = self.tasks.upgrade() {
            tasks.spawn(&self.begins, future);
        }
    }
}

/// Where tasks run, and who may let them stand still.
#[derive(Clone)]
struct Begins {
    runtime: Handle,
    pace: Option<Arc<dyn Pace>>,
}

#[derive(Default)]
struct Tasks {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    stopped: bool,
    running: JoinSet<()>,
    groups: Vec<Weak<Tasks>>,
}

impl Tasks {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spawn(&self, begins: &Begins, future: impl Future<Output = ()> + Send + 'static) {
        let mut state = self.state();
        // Ended tasks are reaped here, so the set holds no more than what ran at once.
        while state.running.try_join_next().is_some() {}
        if state.stopped {
            return;
        }
        match &begins.pace {
            None => state.running.spawn_on(future, &begins.runtime),
            Some(pace) => {
                // Where the future is moved once more it would be held twice.
                let future = Box::pin(future);
                state.running.spawn_on(pace::paced(Arc::clone(pace), future), &begins.runtime)
            }
        };
    }

    fn adopt(&self, group: &Arc<Tasks>) {
        let mut state = self.state();
        state.groups.retain(|group| group.strong_count() > 0);
        if state.stopped {
            group.stop();
        }
        state.groups.push(Arc::downgrade(group));
    }

    fn stop(&self) {
        let (groups, mut running) = {
            let mut state = self.state();
            state.stopped = true;
            (std::mem::take(&mut state.groups), std::mem::take(&mut state.running))
        };
        running.abort_all();
        for group in groups.iter().filter_map(Weak::upgrade) {
            group.stop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Tell(Option<oneshot::Sender<()>>);

    impl Drop for Tell {
        fn drop(&mut self) {
            if let Some(tell) = self.0.take() {
                tell.send(()).unwrap_or_default();
            }
        }
    }

    fn told() -> (Tell, oneshot::Receiver<()>) {
        let (tell, heard) = oneshot::channel();
        (Tell(Some(tell)), heard)
    }

    #[tokio::test]
    async fn dropping_the_owner_stops_tasks_and_groups() {
        let owner = Core::start(World::real());
        let group = owner.group();
        let ((one, first), (two, second)) = (told(), told());
        owner.spawn(async move {
            let _kept = one;
            std::future::pending::<()>().await;
        });
        group.spawn(async move {
            let _kept = two;
            std::future::pending::<()>().await;
        });
        drop(owner);
        first.await.unwrap();
        second.await.unwrap();
        group.spawn(async { panic!("a stopped group must not run this") });
    }

    #[tokio::test]
    async fn work_done_elsewhere_comes_back() {
        let owner = Core::start(World::real());
        assert_eq!(owner.offload(|| 6 * 7).await, Some(42));
    }
}
