//! A runtime that ends while machine code is made for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, Weak};

use rps_jit::{Absence, Backend, Engine, Mode, Options};
use rps_lang::Session;
use rps_runtime::Runtime;
use rps_runtime::code::machine::Thresholds;

/// What opens the compiler may hold the runtime for a moment, and be the last that does: the compiler's thread then takes
/// the runtime apart, and with it the engine whose thread it is.
#[test]
fn the_compilers_thread_may_be_the_last_that_holds_the_runtime() {
    let runtime = Arc::new(Runtime::new());
    let weak: Weak<Runtime> = Arc::downgrade(&runtime);
    let (tell_opening, opening) = channel();
    let (tell_gone, gone) = channel::<()>();
    let (tell_end, end) = channel();
    let gone = Mutex::new(gone);
    let thresholds = Thresholds { cold: 1, profiled: 2, hot: 20 };
    Engine::attach(&runtime, Options::new(Mode::Auto, thresholds), move || {
        let held = weak.upgrade().expect("it is there until this thread has said that it opens");
        tell_opening.send(()).expect("the test waits for it");
        gone.lock().expect("nobody else locks it").recv().expect("the test tells it");
        assert_eq!(Arc::strong_count(&held), 1);
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(held)));
        tell_end.send(dropped.is_ok()).expect("the test waits for it");
        Err::<Arc<dyn Backend>, _>(Absence { code: "test::none".into(), reason: "there is none".into() })
    });
    runtime.enter(|m| {
        let mut session = Session::new(m);
        session.eval(m, "fn f(n) { n + 1 }\nfor i in 0..100 { f(i) }").expect("it is right");
        opening.recv().expect("a function is hot");
    });
    drop(runtime);
    tell_gone.send(()).expect("the compiler's thread waits for it");
    assert_eq!(end.recv(), Ok(true));
}
