//! Whatever the receiver and the arguments are, a method or function of the library gives a value or an error with a code.

#![forbid(unsafe_code)]

#[allow(dead_code, reason = "each test uses a part")]
mod common;

use rps_lang::Session;
use rps_runtime::object::Payload;
use rps_runtime::send::{Method, Native};
use rps_runtime::{Mutator, Root, RuntimeError, Value};

/// Values of all kinds, made anew by every call.
const SAMPLES: &str = "fn samples() { [
    nil, true, -1, 3, 2.pow(70), -2.5, nan, \"é b\", [1, \"a\"], {2}, 0..4, |x| x,
    new vector [3, 1], new mutable_object_vector [int], new dict [\"é b\": 1], new string_dictionary {}, new mutable_set [3],
    new string_buffer {}, random(1), new object { size: 1 }, int, error(\"a::b\", \"c\"), parse_json(\"[]\"), print
] }; samples";

/// What would take time, or change more than the runtime.
const NOT_CALLED: &[&str] = &["sleep", "write_text", "append_text", "remove_file"];

/// Of the samples, one in so many is an argument.
const STEP: usize = 6;

#[test]
fn nothing_panics() {
    let runtime = common::runtime();
    runtime.enter(|m| {
        let samples = m.heap().root(Session::new(m).eval(m, SAMPLES).expect("the samples can be made"));
        let count = make(m, &samples).len();
        let mut calls = 0;
        for at in 0..count {
            let class = m.class_of(make(m, &samples)[at]);
            for selector in m.selectors_of(class) {
                let key = m.intern(&selector).expect("selectors are names");
                let Some(method) = m.find_method(class, key) else { continue };
                for_arguments(m, &samples, parameters(m, method), &mut |values, arguments| {
                    calls += 1;
                    let result = m.send(values[at], key, arguments);
                    judge(m, &format!("{:?}.{selector} with {arguments:?}", values[at]), result);
                });
            }
        }
        for name in m.library_names() {
            let function = m.library_global(&name).and_then(Value::as_object);
            let Some(native) = function.and_then(|function| m.native_function(function.oid())) else {
                continue;
            };
            if NOT_CALLED.contains(&&*name) {
                continue;
            }
            for_arguments(m, &samples, native.arity, &mut |_, arguments| {
                calls += 1;
                let function = m.library_global(&name).expect("it stays");
                judge(m, &format!("{name} with {arguments:?}"), m.apply(function, Value::NIL, arguments));
            });
        }
        assert!(calls > 5_000, "{calls} calls");
    });
}

fn judge(m: &Mutator<'_>, call: &str, result: Result<Value, RuntimeError>) {
    if let Err(error) = result {
        assert!(error.code().contains("::") && !error.to_string().is_empty(), "{call}: {error:?}");
        let is_internal = error.code().starts_with("compile::") || error.code().starts_with("name::unknown");
        assert!(!is_internal, "{call}: {error}");
        m.forget_trace();
    }
}

fn make<'s>(m: &Mutator<'_>, samples: &'s Root) -> &'s [Value] {
    let made = m.apply(samples.get(), Value::NIL, &[]).expect("the samples can be made");
    made.as_tuple().expect("they are a tuple").items()
}

fn parameters(m: &Mutator<'_>, method: Method) -> u8 {
    match method {
        Method::Native(native) => native.arity,
        Method::Kept(closure) => closure.as_closure().map_or(0, |closure| {
            closure.function().with_payload(m, |payload| match payload {
                Some(Payload::Function(function)) => function.parameters.len() as u8,
                _ => 0,
            })
        }),
    }
}

/// Calls `f` with fresh samples and so many of them, or with up to two where any number is taken.
fn for_arguments(m: &Mutator<'_>, samples: &Root, arity: u8, f: &mut dyn FnMut(&[Value], &[Value])) {
    let counts = if arity == Native::ANY { 0..=2 } else { arity.into()..=usize::from(arity) };
    for count in counts {
        let total = make(m, samples).len();
        // The last arguments of many vary slowest, and only a few of all combinations are taken.
        for first in (0..total).step_by(if count == 1 { 1 } else { STEP }) {
            for second in (1..total).step_by(if count > 1 { STEP } else { total }) {
                let mut values = m.root_vec();
                values.extend(make(m, samples).iter().copied());
                let arguments: Vec<Value> = [first, second, (first + second) % total]
                    .iter()
                    .take(count)
                    .map(|&at| values[at])
                    .collect();
                f(&values, &arguments);
            }
            if count == 0 {
                break;
            }
        }
    }
}
