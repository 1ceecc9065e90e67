//! The heap from outside: what is reached stays, what is not goes, from one thread and from several.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rps_runtime::code::{CodeParts, CodeRef, Instruction as I, Source};
use rps_runtime::send::Native;
use rps_runtime::value::{SetRef, TupleRef};
use rps_runtime::{Mutator, Runtime, RuntimeError, Value, known};

/// Makes garbage of many sizes.
fn churn(m: &Mutator<'_>, rounds: usize) {
    for round in 0..rounds {
        let text = "x".repeat(round % 300);
        let string = m.string(&text);
        TupleRef::new(m, &[string; 5]).unwrap();
    }
}

#[test]
fn values_on_the_stack_survive_a_collection() {
    Runtime::new().enter(|m| {
        let string = m.string("kept by this frame alone");
        let tuple = TupleRef::new(m, &[string, Value::double(m, 1e300)]).unwrap();
        for _ in 0..5 {
            m.collect();
            churn(m, 200);
        }
        assert_eq!(tuple.items()[0].as_string().unwrap().as_str(), "kept by this frame alone");
        assert_eq!(tuple.items()[1].as_double(), Some(1e300));
    });
}

#[test]
fn an_interior_pointer_keeps_its_cell() {
    #[inline(never)]
    fn slice_of(m: &Mutator<'_>, text: &str) -> &'static str {
        let value = m.string(text);
        &value.as_string().unwrap().as_str()[3..]
    }
    Runtime::new().enter(|m| {
        let texts: [&str; 4] = std::array::from_fn(|index| slice_of(m, &format!("abc{index}")));
        m.collect();
        churn(m, 500);
        for (index, text) in texts.iter().enumerate() {
            assert_eq!(*text, index.to_string());
        }
    });
}

#[test]
fn handles_keep_and_let_go() {
    let runtime = Runtime::new();
    let root = runtime.enter(|m| m.heap().root(m.string("held")));
    let mut vector = runtime.heap().root_vec();
    runtime.enter(|m| {
        for index in 0..1000 {
            vector.push(m.string(&index.to_string()));
        }
        m.collect();
        churn(m, 1000);
        assert_eq!(root.get().as_string().unwrap().as_str(), "held");
        for (index, value) in vector.iter().enumerate() {
            assert_eq!(value.as_string().unwrap().as_str(), index.to_string());
        }
    });
}

/// RPS-46: what nothing reaches is collected, cycles too; what a space keeps is not.
#[test]
fn unreachable_cycles_go_and_stored_objects_stay() {
    let runtime = Runtime::new();
    let before = runtime.object_count();
    let (space, stored) = runtime.enter(|m| {
        let next = m.intern("next").unwrap();
        let space = m.new_object(m.class(known::SPACE));
        space.set_space(m, Some(space));
        let stored = m.new_object(m.class(known::OBJECT));
        stored.set_space(m, Some(space));
        for _ in 0..100 {
            let (a, b) = (m.new_object(m.class(known::OBJECT)), m.new_object(m.class(known::OBJECT)));
            a.put_attribute(m, next, b.into()).unwrap();
            b.put_attribute(m, next, a.into()).unwrap();
        }
        (space.oid(), stored.oid())
    });
    std::thread::scope(|scope| {
        // A fresh thread: nothing of the loop above is on its stack.
        scope.spawn(|| runtime.enter(|m| m.collect()));
    });
    runtime.enter(|m| {
        assert_eq!(runtime.object_count(), before + 2);
        assert!(m.object(space).is_some() && m.object(stored).is_some());
        assert!(m.symbol("next").is_none(), "a weak symbol goes when nothing refers to it");
    });
}

#[test]
fn large_cells_live_and_die() {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let items = vec![Value::TRUE; 3_000_000];
        let huge = TupleRef::new(m, &items).unwrap();
        let middling = TupleRef::new(m, &items[..5000]).unwrap();
        for _ in 0..20 {
            TupleRef::new(m, &items[..100_000]).unwrap();
        }
        m.collect();
        assert_eq!(huge.items().len(), 3_000_000);
        assert!(middling.items().iter().all(|item| *item == Value::TRUE));
    });
    let used = runtime.heap_stats().mapped_bytes;
    std::thread::scope(|scope| scope.spawn(|| runtime.enter(|m| m.collect())).join().unwrap());
    assert!(runtime.heap_stats().mapped_bytes < used - (16 << 20), "a huge cell's memory goes back");
}

#[test]
fn memory_stays_bounded_under_garbage() {
    let runtime = Runtime::new();
    runtime.heap().set_min_budget(1 << 20);
    runtime.enter(|m| churn(m, if std::env::var_os("RPS_GC_STRESS").is_some() { 500 } else { 200_000 }));
    let stats = runtime.heap_stats();
    assert!(stats.collections > 5, "{stats:?}");
    assert!(stats.mapped_bytes <= 24 << 20, "{stats:?}");
}

/// Several threads read and write one graph while collections run.
#[test]
fn threads_share_a_graph() {
    let runtime = Runtime::new();
    runtime.heap().set_min_budget(1 << 19);
    let rounds = if std::env::var_os("RPS_GC_STRESS").is_some() { 30 } else { 3000 };
    let hub = runtime.enter(|m| {
        let hub = m.new_object(m.class(known::OBJECT));
        m.add_root(hub);
        hub.oid()
    });
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let runtime = &runtime;
            scope.spawn(move || {
                runtime.enter(|m| {
                    let hub = m.object(hub).unwrap();
                    let own = m.intern(&format!("thread{thread}")).unwrap();
                    let shared = m.intern("shared").unwrap();
                    for round in 0..rounds {
                        let text = m.string(&format!("{thread}-{round}"));
                        let mut items = [text, Value::int(m, round)];
                        let set = SetRef::new(m, &mut items).unwrap();
                        hub.put_attribute(m, own, set.into()).unwrap();
                        hub.put_attribute(m, shared, set.into()).unwrap();
                        if round % 8 == 0 {
                            hub.push_component(m, text);
                        }
                        let seen = hub.get_attribute(shared).unwrap().as_set().unwrap();
                        assert!(seen.items().iter().any(|item| item.as_string().is_some()));
                        assert_eq!(hub.get_attribute(own), Some(set.into()));
                        if round % 64 == 0 {
                            m.collect();
                        }
                    }
                });
            });
        }
    });
    runtime.enter(|m| {
        let hub = m.object(hub).unwrap();
        assert_eq!(hub.attribute_count(), 5);
        let mut texts: Vec<_> =
            hub.components().map(|c| c.as_string().unwrap().as_str().to_string()).collect();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), 4 * (rounds as usize).div_ceil(8), "every push of every thread is there");
    });
}

#[test]
fn a_blocking_thread_does_not_hold_up_collections() {
    let runtime = Runtime::new();
    let (sender, receiver) = std::sync::mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let (ready, is_ready) = std::sync::mpsc::channel();
        let runtime = &runtime;
        scope.spawn(move || {
            runtime.enter(|m| {
                let kept = m.string("kept while blocked");
                m.blocking(|| {
                    ready.send(()).unwrap();
                    receiver.recv().unwrap();
                });
                assert_eq!(kept.as_string().unwrap().as_str(), "kept while blocked");
            });
        });
        is_ready.recv().unwrap();
        runtime.enter(|m| {
            m.collect();
            churn(m, 1000);
        });
        sender.send(()).unwrap();
    });
    assert!(runtime.heap_stats().collections >= 1);
}

#[test]
fn a_standard_object_is_small() {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let _suspended = m.suspend_collections();
        let class = m.class(known::OBJECT);
        let mut sorted = ["first", "second", "third"].map(|name| m.intern(name).unwrap());
        sorted.sort();
        let count = 10_000;
        let before = runtime.heap_stats().allocated_bytes;
        for _ in 0..count {
            let object = m.new_object(class);
            let attributes: Vec<_> = sorted
                .iter()
                .zip([m.string("a string"), Value::TRUE, class.into()])
                .map(|(&key, value)| (key, value))
                .collect();
            object.set_attributes(m, &attributes);
            object.set_components(m, &[Value::TRUE, m.string("text"), class.into(), class.into()]);
        }
        let each = (runtime.heap_stats().allocated_bytes - before) / count;
        assert!(each <= 256, "{each} bytes an object");
    });
}

/// A dump suspends collections; the garbage before and after it is collected all the same.
#[test]
fn suspensions_do_not_forgive_garbage() {
    let runtime = Runtime::new();
    runtime.heap().set_min_budget(1 << 20);
    let rounds = if std::env::var_os("RPS_GC_STRESS").is_some() { 50 } else { 20_000 };
    runtime.enter(|m| {
        for _ in 0..20 {
            churn(m, rounds);
            let _suspended = m.suspend_collections();
            m.string("a dump makes little");
        }
    });
    let stats = runtime.heap_stats();
    assert!(stats.collections > 5, "{stats:?}");
    assert!(stats.mapped_bytes <= 24 << 20, "{stats:?}");
}

/// While one thread suspends collections and waits for others, a third that wants one waits for its end.
#[test]
fn a_suspension_holds_off_collections_of_other_threads() {
    let runtime = Runtime::new();
    let rounds = if std::env::var_os("RPS_GC_STRESS").is_some() { 5 } else { 200 };
    std::thread::scope(|scope| {
        let runtime = &runtime;
        scope.spawn(move || {
            for _ in 0..rounds {
                runtime.enter(|m| m.collect());
            }
        });
        runtime.enter(|m| {
            for _ in 0..rounds {
                let _suspended = m.suspend_collections();
                let before = runtime.heap_stats().collections;
                let unrooted: Vec<Value> = (0..10).map(|number| m.string(&number.to_string())).collect();
                std::thread::scope(|inner| {
                    inner.spawn(|| runtime.enter(|m| churn(m, 10)));
                });
                m.safepoint();
                assert_eq!(unrooted[9].as_string().unwrap().as_str(), "9");
                assert_eq!(runtime.heap_stats().collections, before);
            }
        });
    });
}

#[test]
#[should_panic(expected = "a blocking call works on the heap")]
fn a_blocking_call_that_works_on_the_heap_is_caught() {
    let runtime = Runtime::new();
    runtime.enter(|m| m.blocking(|| runtime.enter(|m| m.collect())));
}

/// Memory that payloads have outside the heap brings collections, too, and goes with them.
#[test]
fn memory_outside_the_heap_counts() {
    use rps_runtime::object::Payload;
    let runtime = Runtime::new();
    runtime.heap().set_min_budget(4 << 20);
    runtime.enter(|m| {
        for _ in 0..200 {
            let vector = m.new_object(m.class(known::VALUE_VECTOR));
            vector.set_payload(m, Some(Payload::ValueVector(vec![Value::NIL; 100_000])));
        }
    });
    assert!(runtime.heap_stats().collections >= 20, "{:?}", runtime.heap_stats());
}

/// Returns code that does nothing but send one message to nil, with many instructions.
fn sending(m: &Mutator<'_>, selector: &str, instructions: usize) -> CodeRef {
    let mut code = vec![I::Send { count: 0, first: 0, site: 0 }];
    code.resize(instructions - 1, I::Move { to: 0, from: 0 });
    code.push(I::Return { from: 0 });
    let parts = CodeParts {
        name: "test".into(),
        function: None,
        source: Arc::new(Source { name: "test".into(), text: String::new(), is_library: false }),
        ranges: vec![(0, 0); code.len()],
        instructions: code,
        constants: m.root_vec(),
        attributes: Vec::new(),
        selectors: vec![m.intern(selector).unwrap()],
        calls: 0,
        globals: Vec::new(),
        made: Vec::new(),
        handlers: Vec::new(),
        registers: 1,
        parameters: 0,
        captured: 0,
        is_method: false,
    };
    CodeRef::new(m, parts).unwrap()
}

#[test]
fn code_counts_with_the_memory_that_it_has_outside_the_heap() {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        for _ in 0..100 {
            sending(m, "key", 60_000);
        }
        assert!(runtime.heap_stats().collections > 0, "there were a hundred megabytes of it");
    });
}

/// A thread that enters stops the one that is alone for a moment; a collection that is asked for then happens all the same.
#[test]
fn a_collection_is_not_mistaken_for_a_thread_that_enters() {
    fn collect(m: &Mutator<'_>, _: Value, _: &[Value]) -> Result<Value, RuntimeError> {
        let before = m.runtime().heap_stats().collections;
        for round in 0..2000 {
            std::hint::black_box(round);
        }
        m.collect();
        Ok(Value::int(m, (m.runtime().heap_stats().collections - before) as i64))
    }
    let runtime = Runtime::new();
    runtime.register_method(known::NIL, Native::new("collects", 0, collect, ""));
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                runtime.enter(|_| ());
            }
        });
        runtime.enter(|m| {
            let code = sending(m, "collects", 2);
            let missed = (0..500).filter(|_| m.run(code, Value::NIL, None).0 == Ok(Value::int(m, 0))).count();
            stop.store(true, Ordering::Relaxed);
            assert_eq!(missed, 0);
        });
    });
}
