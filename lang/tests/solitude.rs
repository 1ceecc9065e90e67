//! Whether code knows that its thread is alone in the heap, which makes it fast.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rps_lang::Session;
use rps_runtime::send::Native;
use rps_runtime::{Mutator, Oid, Runtime, RuntimeError, Value};

static CODE_RUNS: AtomicBool = AtomicBool::new(false);
static OTHER_HAS_LEFT: AtomicBool = AtomicBool::new(false);

fn is_alone(m: &Mutator<'_>, _: Value, _: &[Value]) -> Result<Value, RuntimeError> {
    Ok(Value::bool(m.is_alone()))
}

fn is_over(_: &Mutator<'_>, _: Value, _: &[Value]) -> Result<Value, RuntimeError> {
    CODE_RUNS.store(true, Ordering::Release);
    Ok(Value::bool(OTHER_HAS_LEFT.load(Ordering::Acquire)))
}

/// Another thread that comes and goes leaves the thread that runs code alone again, within the same call.
#[test]
fn code_is_alone_again_when_others_have_left() {
    let runtime = Runtime::new();
    let said = thread::scope(|scope| {
        scope.spawn(|| {
            // The code runs until this thread has been there.
            while !CODE_RUNS.load(Ordering::Acquire) {
                thread::yield_now();
            }
            for _ in 0..20 {
                runtime.enter(|m| assert!(!m.is_alone()));
            }
            OTHER_HAS_LEFT.store(true, Ordering::Release);
        });
        runtime.enter(|m| {
            for (name, native) in [
                ("alone", Native::new("alone", 0, is_alone, "")),
                ("is_over", Native::new("is_over", 0, is_over, "")),
            ] {
                m.register_global_function(Oid::of_name(name), native);
            }
            let text = "fn run() { while not is_over() { nil }; let n = 0; \
                        while not alone() and n < 100000 { n = n + 1 }; alone() }\nrun()";
            let value = Session::new(m).eval(m, text);
            m.quoted_text_of(value.expect("it runs"))
        })
    });
    assert_eq!(said, "true");
}
