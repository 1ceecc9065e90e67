//! Linking and freeing: what is freed is free, and there are few mappings, however many objects there are.

use std::collections::HashSet;
use std::fs;
use std::sync::Mutex;

use rps_jit_ir::{FunctionBuilder, Module, Signature, Type};

use super::{Code, levels, link, one};
use crate::backend::{self, Level};
use crate::link::Linker;

/// Tests here count what all tests link.
static ALONE: Mutex<()> = Mutex::new(());

fn constant(number: i64) -> Module {
    let mut f = FunctionBuilder::new("f", Signature::new(&[], Some(Type::I64))).exported();
    let number = f.i64(number);
    f.return_value(number);
    one(f)
}

fn call(code: &Code) -> i64 {
    // SAFETY: the modules here export such a function.
    let f: extern "C" fn() -> i64 = unsafe { std::mem::transmute(code.find("f")) };
    f()
}

fn mappings() -> usize {
    fs::read_to_string("/proc/self/maps").map_or(0, |maps| maps.lines().count())
}

#[test]
fn many_objects_live_at_once_in_a_few_mappings() {
    let _alone = ALONE.lock();
    let object = backend::compile(&constant(42).to_bytes(), Level::Soon).unwrap();
    let before = mappings();
    let all: Vec<Code> = (0..2000).map(|_| link(&object, &[]).unwrap()).collect();
    assert!(all.iter().all(|code| call(code) == 42));
    let places: HashSet<_> = all.iter().map(|code| code.find("f")).collect();
    assert_eq!(places.len(), all.len());
    let after = mappings();
    assert!(after < before + 100, "{before} mappings became {after}");
    // Every other one goes, and the others are as they were.
    let (kept, gone): (Vec<_>, Vec<_>) = all.into_iter().enumerate().partition(|(index, _)| index % 2 == 0);
    drop(gone);
    assert!(kept.iter().all(|(_, code)| call(code) == 42));
    assert!(mappings() < before + 100);
}

#[test]
fn what_is_freed_is_used_again() {
    let _alone = ALONE.lock();
    let objects: Vec<_> =
        (0..10).map(|number| backend::compile(&constant(number).to_bytes(), Level::Soon).unwrap()).collect();
    let mut places = HashSet::new();
    let before = mappings();
    for round in 0..3000 {
        let code = link(&objects[round % 10], &[]).unwrap();
        assert_eq!(call(&code), round as i64 % 10);
        places.insert(code.find("f") & !4095);
    }
    // Other tests link, too, and move the first free place about.
    assert!(places.len() < 500, "{} pages were used", places.len());
    assert!(mappings() < before + 100);
}

/// Eight threads compile, link, call and free.
#[test]
fn threads_compile_and_link_at_once() {
    std::thread::scope(|scope| {
        for thread in 0..8 {
            scope.spawn(move || {
                for round in 0..20 {
                    let number = thread * 1000 + round;
                    for level in levels() {
                        assert_eq!(call(&Code::new(&constant(number), level, &[])), number);
                    }
                }
            });
        }
    });
}

#[test]
fn a_handle_is_good_once() {
    let object = backend::compile(&constant(1).to_bytes(), Level::Soon).unwrap();
    let linker = Linker::get();
    let handle = linker.link(&object, &backend::host().build, &[]).unwrap();
    assert!(linker.find(handle, "g").unwrap_err().message().contains("llvm::no-function"));
    linker.unlink(handle).unwrap();
    for error in [linker.unlink(handle).unwrap_err(), linker.find(handle, "f").unwrap_err()] {
        assert_eq!(error.status(), rps_plugin::abi::status::NOT_FOUND);
        assert!(error.message().contains("llvm::no-object"), "{error}");
    }
}

/// A context that has seen many modules makes place for a fresh one.
#[test]
fn contexts_are_replaced() {
    for number in 0..1100 {
        backend::compile(&constant(number << 20).to_bytes(), Level::Soon).unwrap();
    }
}
