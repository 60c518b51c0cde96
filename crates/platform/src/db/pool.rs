//! A unit of work on its way to a thread and back.

use std::{future::Future, panic::AssertUnwindSafe, pin::pin, sync::Arc, task, thread};

use tokio::sync::oneshot;

use super::{Conn, Tx};
use crate::error::{Error, Result};

/// A reading closure, boxed together with the way back to whoever asked.
pub(super) type ReadJob = Box<dyn FnOnce(Result<&Conn<'_>>) + Send>;

/// A writing closure. `run` may be called again; the caller hears only through `finish`.
pub(super) trait WriteJob: Send {
    /// True when what it wrote should be kept.
    fn run(&mut self, tx: &Tx<'_>) -> bool;
    /// What `run` said counts no more: it will be called again, or never.
    fn forget(&mut self);
    /// After the outcome of the transaction is known. `lost`: it was not stored, whatever `run` said.
    fn finish(self: Box<Self>, lost: Option<Error>);
    /// Nobody waits any more.
    fn abandoned(&self) -> bool;
}

pub(super) struct Write<F, T> {
    f: F,
    result: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}

pub(super) fn write_job<T: Send + 'static>(
    f: impl Fn(&Tx<'_>) -> Result<T> + Send + 'static,
) -> (Box<dyn WriteJob>, oneshot::Receiver<Result<T>>) {
    let (reply, answer) = oneshot::channel();
    (Box::new(Write { f, result: None, reply }), answer)
}

impl<T: Send, F: Fn(&Tx<'_>) -> Result<T> + Send> WriteJob for Write<F, T> {
    fn run(&mut self, tx: &Tx<'_>) -> bool {
        let result = caught(|| (self.f)(tx));
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }
    fn forget(&mut self) {
        self.result = None;
    }
    fn finish(self: Box<Self>, lost: Option<Error>) {
        let answer = match (self.result, lost) {
            (Some(Err(own)), _) => Err(own),
            (_, Some(lost)) => Err(lost),
            (Some(own), None) => own,
            (None, None) => Err(Error::internal("the closure never ran")),
        };
        // The caller may have gone; what was stored stays stored.
        let _ = self.reply.send(answer);
    }
    fn abandoned(&self) -> bool {
        self.reply.is_closed()
    }
}

pub(super) fn read_job<T: Send + 'static>(
    f: impl Fn(&Conn<'_>) -> Result<T> + Send + 'static,
) -> (ReadJob, oneshot::Receiver<Result<T>>) {
    let (reply, answer) = oneshot::channel();
    let job = Box::new(move |c: Result<&Conn<'_>>| {
        if !reply.is_closed() {
            let _ = reply.send(c.and_then(|c| caught(|| f(c))));
        }
    });
    (job, answer)
}

/// A panic in a closure is that closure's failure, never the thread's.
fn caught<T>(f: impl FnOnce() -> Result<T>) -> Result<T> {
    std::panic::catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|panic| {
        let words = panic
            .downcast_ref::<&str>()
            .map(|s| (*s).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        Err(Error::internal(format!("a storage closure panicked: {words}")))
    })
}

pub(super) async fn answered<T>(answer: oneshot::Receiver<Result<T>>) -> Result<T> {
    answer.await.unwrap_or_else(|_| Err(Error::unavailable("The database is shutting down.")))
}

/// Waits for threads that were told to end, unless one of them is asking: the last handle of a database may be
/// dropped by a closure, on a thread of its own. They end by themselves then, with the same care.
pub(super) fn join(threads: &mut Vec<thread::JoinHandle<()>>) {
    let me = thread::current().id();
    if threads.iter().any(|t| t.thread().id() == me) {
        threads.clear();
    }
    for t in threads.drain(..) {
        let _ = t.join();
    }
}

/// Drives one future on the calling thread. The work itself happens on the storage threads.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(thread::Thread);
    impl task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut context = task::Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            task::Poll::Ready(out) => return out,
            task::Poll::Pending => thread::park(),
        }
    }
}
