//! Work beside the heap: collections need not wait for a thread that only waits for others, or for a disk.

use std::panic::resume_unwind;
use std::thread;

use rayon::prelude::*;
use rps_runtime::Mutator;

/// Does work that takes long and touches no value.
pub(crate) fn aside<R>(m: &Mutator<'_>, work: impl FnOnce() -> R + Send) -> R {
    m.blocking(work)
}

/// Does work by threads of the pool, which may enter the runtime by themselves.
///
/// Without this, a collection would wait for this thread, which waits for threads of the pool, which wait for the
/// collection before they may enter.
pub(super) fn in_pool<R: Send>(m: &Mutator<'_>, work: impl FnOnce() -> R + Send) -> R {
    m.blocking(|| {
        if rayon::current_thread_index().is_none() {
            // Small work would be done by this thread otherwise, which must not touch values now.
            return rayon::scope(|_| work());
        }
        // A thread of the pool that waits for the pool would do it too, with all it has on its stack.
        let own = || match rayon::ThreadPoolBuilder::new().build() {
            Ok(pool) => pool.install(work),
            Err(_) => work(),
        };
        thread::scope(|scope| scope.spawn(own).join()).unwrap_or_else(|panic| resume_unwind(panic))
    })
}

/// Calls `f` with parts of a list, on threads of the pool if there are several, and returns what it returned in their order.
pub(super) fn by_chunks<T: Sync, R: Send>(
    m: &Mutator<'_>,
    list: &[T],
    size: usize,
    f: impl Fn(&Mutator<'_>, &[T]) -> R + Sync,
) -> Vec<R> {
    if list.len() <= size {
        return list.chunks(size).map(|chunk| f(m, chunk)).collect();
    }
    let runtime = m.runtime();
    in_pool(m, || list.par_chunks(size).map(|chunk| runtime.enter(|m| f(m, chunk))).collect())
}

#[cfg(test)]
mod tests {
    use rps_runtime::{Runtime, known};

    use super::*;

    /// Makes many objects on the threads of a pool, while another thread wants collections all the time.
    fn make_many(runtime: &Runtime) -> usize {
        let make = |m: &Mutator<'_>| m.new_object(m.class(known::OBJECT));
        let chunk = |m: &Mutator<'_>, chunk: &[u8]| {
            for _ in chunk {
                make(m);
            }
            chunk.len()
        };
        runtime.enter(|m| by_chunks(m, &[0; 6400], 100, chunk).into_iter().sum())
    }

    #[test]
    fn collections_go_on_while_the_pool_works() {
        let runtime = Runtime::new();
        let done = std::sync::atomic::AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::Acquire) {
                    runtime.enter(|m| m.collect());
                }
            });
            for _ in 0..20 {
                assert_eq!(make_many(&runtime), 6400);
            }
            // From a thread of the pool, which is one of those that the work waits for.
            let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
            assert_eq!(pool.install(|| make_many(&runtime)), 6400);
            done.store(true, std::sync::atomic::Ordering::Release);
        });
    }
}
