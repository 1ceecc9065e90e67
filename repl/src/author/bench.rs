//! `rps plugin bench`: what calls of a plugin take.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rps_plugin_host::Manager;
use rps_plugin_host::library::Declared;
use rps_plugin_host::metrics::Histogram;
use rps_plugin_host::point;
use rps_runtime::extension::{Codec, Extensions};
use rps_runtime::send::Native;
use rps_runtime::{Mutator, Runtime, RuntimeError, Value};
use serde::Serialize;

use super::check::samples;
use crate::arguments::Arguments;
use crate::console::Console;
use crate::failure::Failure;
use crate::plugins::{self, Plugins};

/// What is given where nothing else is said.
const INPUT: &str = "the quick brown fox jumps over the lazy dog";
/// A function that takes any number of arguments is tried with up to so many.
const MOST_ARGUMENTS: usize = 3;

/// What is to be measured.
pub(super) struct Wanted<'w> {
    names: Vec<(&'static str, &'w str)>,
}

impl<'w> Wanted<'w> {
    /// Returns that these are to be measured; everything, where none is named.
    pub(super) fn new(functions: &'w [String], services: &'w [String], codecs: &'w [String]) -> Wanted<'w> {
        let of = |point: &'static str, names: &'w [String]| names.iter().map(move |name| (point, &**name));
        let names = of(point::FUNCTION, functions)
            .chain(of(point::SERVICE, services))
            .chain(of(point::CODEC, codecs));
        Wanted { names: names.collect() }
    }

    fn has(&self, declared: &Declared) -> bool {
        let can = [point::FUNCTION, point::SERVICE, point::CODEC].contains(&&*declared.point);
        let is_named = |&(point, name): &(&str, &str)| point == declared.point && name == declared.name;
        can && declared.receiver.is_none() && (self.names.is_empty() || self.names.iter().any(is_named))
    }
}

/// What was measured, as JSON.
#[derive(Serialize)]
struct Measured {
    point: String,
    name: String,
    /// What it was given.
    input: String,
    calls_per_second: f64,
    p50_ns: u128,
    p99_ns: u128,
    /// Of what goes in, for services and codecs.
    #[serde(skip_serializing_if = "Option::is_none")]
    megabytes_per_second: Option<f64>,
    /// Of a codec: the size of what comes out to that of what goes in.
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
}

/// Measures a plugin.
pub(super) fn run(
    plugin: &str,
    wanted: &Wanted<'_>,
    input: Option<&str>,
    time: Duration,
    arguments: &Arguments,
    console: &mut Console,
) -> Result<(), Failure> {
    let plugins = Plugins::find(arguments, None, console)?;
    let manager = &plugins.manager;
    let id = manager.load(plugin).map_err(|error| plugins::failure(&error))?;
    let runtime = Arc::new(Runtime::new());
    rps_library::install(&runtime, super::check::Silent);
    manager.attach(&runtime);
    let info = manager.info(&id).map_err(|error| plugins::failure(&error))?;
    let declared: Vec<&Declared> = info.extensions.iter().map(|extension| &extension.declared).collect();
    for (point, name) in &wanted.names {
        if !declared.iter().any(|declared| declared.point == *point && declared.name == *name) {
            let known = declared.iter().filter(|declared| declared.point == *point);
            let known = known.map(|declared| &*declared.name).collect::<Vec<_>>().join(", ");
            let failure = Failure::new("plugin::not-found", format!("{id} has no {point} named `{name}`"));
            let hint = (!known.is_empty()).then(|| format!("it has {known}"));
            return Err(failure.maybe_hint(hint));
        }
    }
    let mut measured = Vec::new();
    for declared in declared.into_iter().filter(|declared| wanted.has(declared)) {
        let bench = Bench { manager, runtime: &runtime, declared, input, time };
        match bench.run() {
            Ok(all) => measured.extend(all),
            Err(failure) => console.warn(&failure),
        }
    }
    if measured.is_empty() {
        let message = format!("nothing of {id} could be measured: no function, service or codec was called");
        return Err(Failure::new("plugin::nothing-to-measure", message));
    }
    if console.is_json() {
        let mirror = serde_json::json!({ "plugin": id, "results": measured });
        console.line(&serde_json::json!({ "bench": mirror }).to_string());
    } else {
        measured.iter().for_each(|one| console.line(&one.to_text()));
    }
    Ok(())
}

impl Measured {
    fn to_text(&self) -> String {
        let time = |nanoseconds: u128| format!("{:.1?}", Duration::from_nanos(nanoseconds as u64));
        let rate = self.megabytes_per_second.map_or_else(String::new, |rate| format!(", {rate:.1} MB/s"));
        let ratio = self.ratio.map_or_else(String::new, |ratio| format!(", to {:.1} %", ratio * 100.0));
        format!(
            "{} {} with {}: {:.0} calls/s, p50 {}, p99 {}{rate}{ratio}",
            self.point,
            self.name,
            self.input,
            self.calls_per_second,
            time(self.p50_ns),
            time(self.p99_ns),
        )
    }
}

/// The measurement of one extension.
struct Bench<'b> {
    manager: &'b Manager,
    runtime: &'b Arc<Runtime>,
    declared: &'b Declared,
    input: Option<&'b str>,
    time: Duration,
}

impl Bench<'_> {
    fn run(&self) -> Result<Vec<Measured>, Failure> {
        match &*self.declared.point {
            point::FUNCTION => self.runtime.enter(|m| self.function(m)).map(|one| vec![one]),
            point::SERVICE => self.service().map(|one| vec![one]),
            _ => self.codec(),
        }
    }

    /// Calls a function from here as a program does.
    fn function(&self, m: &Mutator<'_>) -> Result<Measured, Failure> {
        let name = &self.declared.name;
        let Some(function) = m.loaded_global(name) else {
            return Err(Failure::new("plugin::not-found", format!("the runtime does not know `{name}`")));
        };
        let counts = match self.declared.arity {
            Some(arity) if arity != Native::ANY => arity.into()..=arity.into(),
            _ => 0..=MOST_ARGUMENTS,
        };
        let text = self.input.unwrap_or("hello");
        let simple: [(String, Value); 3] = [
            (format!("{text:?}"), m.string(text)),
            ("1".into(), Value::int(m, 1)),
            ("1.5".into(), Value::double(m, 1.5)),
        ];
        let mut refused = None;
        for count in counts {
            for (shown, value) in &simple {
                let arguments = vec![*value; count];
                match m.apply(function, Value::NIL, &arguments) {
                    Ok(_) => {
                        let shown = vec![shown.clone(); count].join(", ");
                        let call = || {
                            m.apply(function, Value::NIL, &arguments).map(|value| {
                                black_box(value);
                            })
                        };
                        return self
                            .measure(format!("({shown})"), None, call)
                            .map_err(|error: RuntimeError| error.into());
                    }
                    Err(error) => refused = refused.or(Some(error)),
                }
            }
        }
        let failure = Failure::new(
            "plugin::not-measured",
            format!("the function {name} takes none of the simple arguments"),
        );
        Err(failure.detail(refused.map_or_else(String::new, |error| error.to_string())))
    }

    fn service(&self) -> Result<Measured, Failure> {
        let name = &self.declared.name;
        let input = self.input.unwrap_or(INPUT);
        let execute = || {
            let executed = self.manager.execute(name, input.as_bytes());
            executed.map(|output| drop(black_box(output))).map_err(|error| error.to_string())
        };
        self.measure(format!("{} bytes", input.len()), Some(input.len()), execute).map_err(|error| {
            let failure = Failure::new("plugin::not-measured", format!("the service {name} fails"));
            failure.detail(error).hint("--input TEXT gives it what it understands")
        })
    }

    fn codec(&self) -> Result<Vec<Measured>, Failure> {
        let name = &self.declared.name;
        let codec = self.manager.codec_by_name(name);
        let codec =
            codec.ok_or_else(|| Failure::new("plugin::not-found", format!("there is no codec {name}")))?;
        let inputs = match self.input {
            Some(text) => vec![("the input", text.as_bytes().to_vec())],
            None => samples().into_iter().filter(|(_, bytes)| bytes.len() > 1000).collect(),
        };
        let mut all = Vec::new();
        for (sample, plain) in inputs {
            all.extend(self.codec_on(&codec, sample, &plain)?);
        }
        Ok(all)
    }

    fn codec_on(&self, codec: &Arc<dyn Codec>, sample: &str, plain: &[u8]) -> Result<[Measured; 2], Failure> {
        let failed = |error: rps_runtime::extension::ExtensionError| {
            Failure::new(error.code, format!("the codec {}: {}", codec.info().name, error.message))
        };
        let size = plain.len();
        let coded = codec.encode(plain.to_vec()).map_err(failed)?;
        let ratio = coded.len() as f64 / size.max(1) as f64;
        let encode = || {
            codec.encode(plain.to_vec()).map(|coded| {
                black_box(coded);
            })
        };
        let mut encoding = self.measure(format!("{sample}, encoding"), Some(size), encode).map_err(failed)?;
        encoding.ratio = Some(ratio);
        let decode = || {
            codec.decode(coded.clone(), size as u64).map(|plain| {
                black_box(plain);
            })
        };
        let decoding = self.measure(format!("{sample}, decoding"), Some(size), decode).map_err(failed)?;
        Ok([encoding, decoding])
    }

    /// Calls for half of the time without looking at the clock each time, which says how many calls there are in a second;
    /// and for the other half one by one, which says how long each takes.
    fn measure<E>(
        &self,
        input: String,
        size: Option<usize>,
        mut call: impl FnMut() -> Result<(), E>,
    ) -> Result<Measured, E> {
        call()?;
        let half = self.time / 2;
        let (start, mut calls, mut batch) = (Instant::now(), 0_u64, 1_u64);
        while start.elapsed() < half {
            for _ in 0..batch {
                call()?;
            }
            calls += batch;
            // A batch takes at most some milliseconds.
            let per_call = start.elapsed().as_nanos() / u128::from(calls);
            batch = (1_000_000 / per_call.max(1)).clamp(1, 10_000) as u64;
        }
        let per_second = calls as f64 / start.elapsed().as_secs_f64().max(f64::MIN_POSITIVE);
        let times = Histogram::new();
        let start = Instant::now();
        while start.elapsed() < half || times.count() == 0 {
            let begin = Instant::now();
            call()?;
            times.record(begin.elapsed());
        }
        let [p50, p99] = times.percentiles([50.0, 99.0]);
        Ok(Measured {
            point: self.declared.point.clone(),
            name: self.declared.name.clone(),
            input,
            calls_per_second: per_second,
            p50_ns: p50.as_nanos(),
            p99_ns: p99.as_nanos(),
            megabytes_per_second: size.map(|size| size as f64 * per_second / 1e6),
            ratio: None,
        })
    }
}
