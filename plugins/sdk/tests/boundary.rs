//! The boundary: what an author's code does wrong ends there, and the host is told of it.

#![forbid(unsafe_code)]

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rps_plugin::abi::status;
use rps_plugin::testing::{MockError, MockHost};
use rps_plugin::{
    Call, Codec, CodecMetadata, DumpHook, Error, Json, LogLevel, Output, Plugin, Registrar, TaskPriority,
    TextService, Value,
};

/// Implements a plugin whose `register` is a function.
macro_rules! plugin {
    ($name:ident, $register:expr) => {
        struct $name;
        impl Plugin for $name {
            const ID: &'static str = "test";
            const VERSION: &'static str = "1.0.0";
            fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
                let register: fn(&mut Registrar<'_>) -> Result<(), Error> = $register;
                register(registrar)
            }
        }
    };
}

plugin!(Faulty, |registrar| {
    registrar.function("panics", 0, "()", |_, _| panic!("on {}", "purpose"))?;
    registrar.function("panics_oddly", 0, "()", |_, _| std::panic::panic_any(DropPanics))?;
    registrar.function("fails", 0, "()", |_, _| Err(Error::new("it does not work")))?;
    registrar.function("raises", 0, "()", |_, _| Err(Error::coded("test::code", "so it is")))?;
    registrar.function("passes", 1, "(name)", |call, args| {
        let function = call.find(args.text(0)?)?.ok_or_else(|| Error::not_found("no such function"))?;
        function.apply(&[])
    })?;
    registrar.service("panics", "", |_, _, _| panic!("in a service"))?;
    registrar.service("loops", "", |call, _, _| {
        loop {
            call.check_cancelled()?;
        }
    })
});

/// A payload of a panic that panics again when it is dropped.
struct DropPanics;

impl Drop for DropPanics {
    fn drop(&mut self) {
        panic!("again");
    }
}

#[test]
fn comm_28_a_panic_is_a_status_and_a_message() -> Result<(), MockError> {
    let host = MockHost::load::<Faulty>()?;
    let error = host.call("panics", &[]).unwrap_err();
    assert!(error.is_panic() && error.message == "on purpose", "{error}");
    let error = host.call("panics_oddly", &[]).unwrap_err();
    assert!(error.is_panic() && error.message == "a panic without a message", "{error}");
    let error = host.execute("panics", "").unwrap_err();
    assert!(error.is_panic() && error.message == "in a service", "{error}");
    Ok(())
}

#[test]
fn errors_keep_their_kind() -> Result<(), MockError> {
    let host = MockHost::load::<Faulty>()?;
    let error = host.call("fails", &[]).unwrap_err();
    assert_eq!((error.status, error.message.as_str()), (status::ERROR, "it does not work"));
    let raised = host.call("raises", &[]).unwrap_err();
    assert_eq!((raised.status, raised.code.as_deref()), (status::RAISED, Some("test::code")));
    // Handed on by `?`, it is the very same error.
    assert_eq!(host.call("passes", &["raises".into()]).unwrap_err(), raised);
    assert_eq!(host.call("passes", &["nobody".into()]).unwrap_err().status, status::NOT_FOUND);
    assert_eq!(host.call("passes", &[]).unwrap_err().message, "passes takes 1 arguments, not 0");
    Ok(())
}

#[test]
fn crush_6_a_call_that_is_cancelled_ends() -> Result<(), MockError> {
    let host = MockHost::load::<Faulty>()?;
    host.set_cancelled(true);
    assert_eq!(host.execute("loops", "").unwrap_err().status, status::CANCELLED);
    Ok(())
}

plugin!(PanicsAtStart, |_| panic!("at the start"));
plugin!(FailsAtStart, |registrar| {
    registrar.function("left_behind", 0, "()", |call, _| Ok(call.nil()))?;
    Err(Error::new("no license"))
});
plugin!(NamedTwice, |registrar| {
    registrar.service("one", "", |_, _, _| Ok(()))?;
    registrar.service("one", "", |_, _, _| Ok(()))
});

#[test]
fn what_fails_at_the_start_registers_nothing() -> Result<(), MockError> {
    let error = MockHost::load::<PanicsAtStart>().err().unwrap();
    assert!(error.is_panic() && error.message == "at the start", "{error}");
    let error = MockHost::load::<NamedTwice>().err().unwrap();
    assert_eq!((error.status, error.message.as_str()), (status::INVALID, "service one: the host refused it"));
    let mut host = MockHost::load::<Faulty>()?;
    let before = host.registrations();
    assert_eq!(host.and_load::<FailsAtStart>().unwrap_err().message, "no license");
    assert_eq!(host.registrations(), before);
    Ok(())
}

static ENDED: AtomicUsize = AtomicUsize::new(0);
static KEPT_HOST: Mutex<Option<rps_plugin::Host>> = Mutex::new(None);

struct Ends;

impl Plugin for Ends {
    const ID: &'static str = "ends";
    const VERSION: &'static str = "1.0.0";

    fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
        registrar.host().log(LogLevel::Info, "begins");
        *KEPT_HOST.lock()? = Some(registrar.host());
        Ok(())
    }

    fn deinit() {
        ENDED.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn it_ends_once_and_its_host_with_it() -> Result<(), MockError> {
    let host = MockHost::load::<Ends>()?;
    assert_eq!(host.logs(), [(LogLevel::Info, "begins".to_owned())]);
    let kept = KEPT_HOST.lock().unwrap().unwrap();
    assert_eq!(kept.version(), "0.0.0-mock");
    drop(host);
    assert_eq!(ENDED.load(Ordering::Relaxed), 1);
    assert_eq!(kept.settings().unwrap_err().status(), status::MISUSE);
    kept.log(LogLevel::Error, "nobody hears it");
    Ok(())
}

struct Reverse;

impl Codec for Reverse {
    fn name(&self) -> &str {
        "reverse"
    }
    fn magic_number(&self) -> [u8; 4] {
        *b"CR\x01\x80"
    }
    fn metadata(&self) -> CodecMetadata {
        let (version, description) = ("1".to_owned(), "Turns it round.".to_owned());
        CodecMetadata { version, throughput: 1000.0, compression_ratio: 1.0, description }
    }
    fn compress(&self, call: &Call, input: &[u8], output: &mut Output<'_>) -> Result<(), Error> {
        for block in input.rchunks(16) {
            call.check_cancelled()?;
            output.write(block.iter().rev().copied().collect::<Vec<u8>>())?;
        }
        Ok(())
    }
    fn decompress(&self, call: &Call, input: &[u8], size: u64, output: &mut Output<'_>) -> Result<(), Error> {
        if input.len() as u64 != size {
            return Err(Error::corrupt("another size"));
        }
        self.compress(call, input, output)
    }
}

struct Shout;

impl TextService for Shout {
    fn name(&self) -> &str {
        "shout"
    }
    fn version(&self) -> &str {
        "1.0.0"
    }
    fn description(&self) -> &str {
        "Makes a text loud."
    }
    fn execute(&self, _: &Call, input: &str) -> Result<String, Error> {
        Ok(input.to_uppercase())
    }
}

struct Refuses(Arc<Mutex<Vec<u64>>>);

impl DumpHook for Refuses {
    fn before(&self, _: &Call) -> Result<(), Error> {
        if self.0.lock()?.is_empty() { Ok(()) } else { Err(Error::new("one dump is enough")) }
    }
    fn after(&self, _: &Call, done: bool, objects: u64) -> Result<(), Error> {
        assert!(done);
        self.0.lock()?.push(objects);
        Ok(())
    }
}

plugin!(Many, |registrar| {
    registrar.codec(Reverse)?;
    registrar.text_service(Shout)?;
    registrar.dump_hook("refuses", Refuses(Arc::default()))?;
    registrar.task("note", TaskPriority::Low, |call, input| {
        call.log(LogLevel::Debug, std::str::from_utf8(input)?);
        Ok(())
    })?;
    registrar.event_hook("hears", |call, event, json| {
        call.enqueue("note", format!("{event} {json}"))?;
        call.execute("shout", "heard").map(|_| ())
    })?;
    registrar.validator("finds", |call, report| {
        report.error(call.nil(), "nothing is right")?;
        report.warning(call.int(7)?, "seven")
    })?;
    registrar.method("string", "twice", 0, "()", |call, text, _| call.string(&text.text()?.repeat(2)))?;
    registrar.function("round", 1, "(values)", |call, args| {
        let values: Vec<Value<'_>> = args.get(0)?;
        // More than fit without a tuple: all of them stay alive.
        let texts =
            (0..100).map(|index| call.string(&format!("text {index}"))).collect::<Result<Vec<_>, _>>()?;
        for (index, text) in texts.iter().enumerate() {
            assert_eq!(text.text()?, format!("text {index}"));
        }
        call.tuple(&values.into_iter().rev().collect::<Vec<_>>())
    })?;
    registrar.service("writes", "", |_, _, output| Ok(write!(output, "{} {}", 1, 2)?))
});

#[test]
fn dyn_4_and_19_every_point_is_reached_through_the_abi() -> Result<(), MockError> {
    let host = MockHost::load::<Many>()?;
    let long: Vec<u8> = (0..100).collect();
    let coded = host.compress("reverse", &long)?;
    assert_eq!(coded[0], 99);
    assert_eq!(host.decompress("reverse", &coded, 100)?, long);
    assert_eq!(host.decompress("reverse", &coded, 99).unwrap_err().status, status::CORRUPT);

    assert_eq!(host.execute("shout", "loud")?, b"LOUD");
    assert_eq!(host.execute("shout", "")?, b"");
    assert_eq!(host.execute("shout", [0xFF]).unwrap_err().message, "the input is not UTF-8");
    assert_eq!(host.execute("writes", "")?, b"1 2");

    host.dump(12)?;
    assert_eq!(host.dump(12).unwrap_err().message, "one dump is enough");

    host.tell("store.loaded", &Json::object([("objects", Json::from(2))]))?;
    assert_eq!(host.tasks(), [("note".to_owned(), b"store.loaded {\"objects\":2}".to_vec())]);
    host.run_task("note", "noted")?;
    assert_eq!(host.logs().last(), Some(&(LogLevel::Debug, "noted".to_owned())));

    let problems = host.validate()?;
    assert_eq!(problems.iter().map(|problem| problem.is_error).collect::<Vec<_>>(), [true, false]);
    assert_eq!(problems[1].object, 7.into());

    assert_eq!(host.send(&"ab".into(), "twice", &[])?, "abab".into());
    let values = vec![1.into(), 1e300.into(), "x".into(), true.into(), i64::MIN.into()];
    let turned = values.iter().rev().cloned().collect::<Vec<_>>();
    assert_eq!(host.call("round", &[values.into()])?, turned.into());
    Ok(())
}

struct Bad(f64, f64);

impl Codec for Bad {
    fn name(&self) -> &str {
        "bad"
    }
    fn magic_number(&self) -> [u8; 4] {
        *b"CR\x01\x81"
    }
    fn metadata(&self) -> CodecMetadata {
        let (version, description) = ("1".to_owned(), String::new());
        CodecMetadata { version, throughput: self.0, compression_ratio: self.1, description }
    }
    fn compress(&self, _: &Call, _: &[u8], _: &mut Output<'_>) -> Result<(), Error> {
        Ok(())
    }
    fn decompress(&self, _: &Call, _: &[u8], _: u64, _: &mut Output<'_>) -> Result<(), Error> {
        Ok(())
    }
}

plugin!(BadCodecs, |registrar| {
    for (throughput, ratio) in
        [(0.0, 0.5), (f64::NAN, 0.5), (f64::INFINITY, 0.5), (1.0, 0.0), (1.0, 1.1), (1.0, f64::NAN)]
    {
        let refused = registrar.codec(Bad(throughput, ratio));
        assert!(refused.is_err(), "{throughput} {ratio}");
    }
    registrar.codec(Bad(1.0, 1.0))
});

#[test]
fn crush_20_metadata_that_is_no_measure_is_refused() -> Result<(), MockError> {
    let host = MockHost::load::<BadCodecs>()?;
    assert_eq!(host.registrations().len(), 1);
    Ok(())
}
