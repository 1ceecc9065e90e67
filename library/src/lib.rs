//! The core library: what every program has without saying so.
//!
//! Natives are Rust functions; what is natural in the language is written in it, in the `.rps` files beside. None of it is
//! kept in a store: [`install`] gives it to a runtime, so that stores written by whomever have it, too.
//!
//! Read in this order: [`topic`] (how a part of the library is put down), [`host`] (what the program around it does),
//! `argument` and `elements` (what natives take and give), then any topic, such as `string`. `docs/library.md` is made from the topics.

#![forbid(unsafe_code)]

mod argument;
mod check;
mod collection;
mod dictionary;
mod elements;
mod file;
mod host;
mod integer;
mod json;
pub mod migration;
mod number;
mod output;
mod random;
mod references;
mod reflection;
mod set;
mod sort;
mod string;
mod string_buffer;
mod time;
pub mod topic;
mod transaction;
mod vector;

pub use self::check::{Check, Report, take_test_report};
pub use self::host::Host;
pub use self::topic::Topic;

use rps_runtime::object::Payload;
use rps_runtime::object::payload::ClassInfo;
use rps_runtime::send::Intrinsic;
use rps_runtime::{Mutator, Runtime, Value, known};

use crate::host::Services;

/// The library, in the order of its documentation.
pub const TOPICS: &[Topic] = &[
    output::TOPIC,
    number::TOPIC,
    integer::TOPIC,
    string::TOPIC,
    string_buffer::TOPIC,
    collection::TOPIC,
    collection::SEQUENCE,
    collection::RANGE,
    vector::TOPIC,
    dictionary::TOPIC,
    set::TOPIC,
    set::MUTABLE,
    random::TOPIC,
    time::TOPIC,
    file::TOPIC,
    transaction::TOPIC,
    json::TOPIC,
    reflection::TOPIC,
    check::TOPIC,
    migration::TOPIC,
];

/// Gives a runtime the library.
///
/// Natives are registered at once; what is written in the language when something is missing for the first time.
///
/// ```
/// # use rps_runtime::{Runtime, Value};
/// struct Quiet;
/// impl rps_library::Host for Quiet {
///     fn write(&self, _text: &str) -> std::io::Result<()> {
///         Ok(())
///     }
/// }
///
/// let runtime = Runtime::new();
/// rps_library::install(&runtime, Quiet);
/// runtime.enter(|m| {
///     let mut session = rps_lang::Session::new(m);
///     let sum = session.eval(m, "(1..4).map(|n| n.pow(2)).sum()").unwrap();
///     assert_eq!(sum, Value::int(m, 14));
/// });
/// ```
pub fn install(runtime: &Runtime, host: impl Host + 'static) {
    runtime.provide(Services { host: Box::new(host), report: check::new_report() });
    runtime.provide(migration::UnderWay::default());
    for topic in TOPICS {
        topic.register(runtime);
    }
    runtime.declare_intrinsic(known::VALUE_VECTOR, "len", Intrinsic::Length);
    runtime.declare_intrinsic(known::INT, "xor", Intrinsic::Xor);
    runtime.enter(|m| {
        make_classes(m);
        migration::make_classes(m);
        for topic in TOPICS {
            topic.register_functions(m);
        }
        for &(name, constant) in number::CONSTANTS {
            m.register_global(name, Value::double(m, constant));
        }
        set_arguments(m, &[]);
        // What gives a value as text asks for this method only where its name is known.
        drop(m.make_symbol("to_string", false));
    });
    runtime.set_library_loader(load);
}

/// Registers what is written in the language.
fn load(m: &Mutator<'_>) {
    for topic in TOPICS {
        let (name, text) = topic.source;
        let loaded = rps_lang::compile::eval_library(m, name, text);
        // A test sees to it that none of the texts has a mistake.
        debug_assert!(loaded.is_ok(), "{name}: {loaded:?}");
    }
}

/// Sets what the name `arguments` stands for: a tuple of texts.
pub fn set_arguments(m: &Mutator<'_>, arguments: &[String]) {
    if let Ok(tuple) = elements::new_texts(m, arguments) {
        m.register_global("arguments", tuple);
    }
}

/// Makes the classes of the library, transient, with a name but without a symbol.
fn make_classes(m: &Mutator<'_>) {
    let class = m.object_or_skeleton(random::GENERATOR);
    class.set_class_unchecked(Some(m.class(known::CLASS)));
    let info = ClassInfo::new(Some(m.class(known::OBJECT)), None);
    class.install_payload(m, Some(Payload::ClassInfo(Box::new(info))));
    if let Some(name) = m.object(known::NAME) {
        class.set_attributes(m, &[(name, m.string(random::GENERATOR_NAME))]);
    }
    m.register_global(random::GENERATOR_NAME, class.into());
}
