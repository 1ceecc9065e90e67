//! Extensions of the tests: a payload type `geo/Point`, codecs, states, findings; whichever a test needs.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rps_runtime::extension::{
    Codec, CodecInfo, ExtensionError, Extensions, Finding, ForeignPayload, PayloadForm, PayloadType,
    Restored, StateOutcome, StateSection, StateSnapshot, TypeLookup,
};
use rps_runtime::object::Payload;
use rps_runtime::{Mutator, ObjectRef, Oid, Runtime, Value};

pub(crate) const SCHEMA: u64 = 0x00c0_ffee_00c0_ffee;
pub(crate) const POINT: &str = "geo/Point";

/// A payload that gives what it was made with.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) name: &'static str,
    pub(crate) values: Vec<Value>,
    pub(crate) form: Result<PayloadForm, &'static str>,
}

impl Given {
    /// Gives an object a payload of JSON that refers to values.
    pub(crate) fn json(m: &Mutator<'_>, object: ObjectRef, json: &str, values: &[Value]) {
        Given { name: POINT, values: values.to_vec(), form: Ok(PayloadForm::Json(json.to_owned())) }
            .install(m, object);
    }

    pub(crate) fn install(self, m: &Mutator<'_>, object: ObjectRef) {
        object.install_payload(m, Some(Payload::Foreign(Arc::new(self))));
    }
}

impl ForeignPayload for Given {
    fn type_name(&self) -> &str {
        self.name
    }

    fn schema_hash(&self) -> u64 {
        SCHEMA
    }

    fn for_each_value(&self, f: &mut dyn FnMut(Value)) {
        self.values.iter().copied().for_each(f);
    }

    fn outside_bytes(&self) -> usize {
        0
    }

    fn write(&self, _: &Mutator<'_>) -> Result<PayloadForm, ExtensionError> {
        self.form.clone().map_err(failure)
    }

    fn copy(&self, _: &Mutator<'_>) -> Result<Arc<dyn ForeignPayload>, ExtensionError> {
        Err(failure("not copied"))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Returns the failure of a plugin.
pub(crate) fn failure(message: &str) -> ExtensionError {
    ExtensionError {
        code: "plugin::failed",
        plugin: "geo".to_owned(),
        message: message.to_owned(),
        hint: Some("ask its author".to_owned()),
    }
}

/// The type `geo/Point`: it refers to the objects that its member `to` names.
#[derive(Debug, Default)]
pub(crate) struct Points {
    pub(crate) refuses: bool,
    pub(crate) reads: AtomicUsize,
}

impl PayloadType for Points {
    fn read(&self, m: &Mutator<'_>, form: &PayloadForm) -> Result<Arc<dyn ForeignPayload>, ExtensionError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        if self.refuses {
            return Err(failure("no point"));
        }
        let mut values = Vec::new();
        if let PayloadForm::Json(text) = form {
            let json: serde_json::Value =
                serde_json::from_str(text).map_err(|error| failure(&error.to_string()))?;
            for oid in json["to"].as_array().into_iter().flatten().filter_map(|oid| oid.as_str()) {
                let object = m.object(Oid::parse(oid).unwrap());
                values.push(object.ok_or_else(|| failure("no such object"))?.into());
            }
        }
        // A plugin may make objects while it reads.
        m.new_object(m.class(rps_runtime::known::OBJECT));
        Ok(Arc::new(Given { name: POINT, values, form: Ok(form.clone()) }))
    }
}

/// What a test makes of the extensions.
#[derive(Default)]
pub(crate) struct Fake {
    pub(crate) types: BTreeMap<&'static str, TypeLookup>,
    /// The one that scores best comes first.
    pub(crate) codecs: Vec<Arc<dyn Codec>>,
    /// The states as they are now, or why they can not be had.
    pub(crate) states: Mutex<Vec<Result<StateSection, (String, ExtensionError)>>>,
    /// What becomes of states that are to be restored; the others are absent.
    pub(crate) outcomes: Mutex<BTreeMap<&'static str, StateOutcome>>,
    /// Whether the states stand still.
    pub(crate) quiet: Arc<AtomicBool>,
    pub(crate) refuses: bool,
    pub(crate) findings: Vec<Finding>,
    /// Whether a validator does not come to its end.
    pub(crate) leaks: bool,
    pub(crate) leaked: Mutex<Option<Arc<Runtime>>>,
    /// What a plugin does when it is asked for its state.
    pub(crate) when_asked: Option<Box<dyn Fn() + Send + Sync>>,
    /// What was called, in order.
    pub(crate) log: Mutex<Vec<String>>,
}

/// Lets states change again.
struct Quiet(Arc<AtomicBool>);

impl Drop for Quiet {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

impl Fake {
    /// Returns extensions that have the type `geo/Point`.
    pub(crate) fn with_points() -> Fake {
        Fake::of_points(TypeLookup::Found(Arc::new(Points::default())))
    }

    /// Returns extensions that give this answer when they are asked for the type `geo/Point`.
    pub(crate) fn of_points(lookup: TypeLookup) -> Fake {
        Fake { types: BTreeMap::from([(POINT, lookup)]), ..Fake::default() }
    }
}

impl Extensions for Fake {
    fn payload_type(&self, name: &str, schema_hash: u64) -> TypeLookup {
        match self.types.get(name) {
            Some(TypeLookup::Found(_)) if schema_hash != SCHEMA => TypeLookup::OtherSchema(vec![SCHEMA]),
            Some(lookup) => lookup.clone(),
            None => TypeLookup::Absent,
        }
    }

    fn codec_by_magic(&self, magic: [u8; 4]) -> Option<Arc<dyn Codec>> {
        self.codecs.iter().find(|codec| codec.info().magic == magic).cloned()
    }

    fn codec_by_name(&self, name: &str) -> Option<Arc<dyn Codec>> {
        self.codecs.iter().find(|codec| name == "auto" || codec.info().name == name).cloned()
    }

    fn codecs(&self) -> Vec<CodecInfo> {
        self.codecs.iter().map(|codec| codec.info().clone()).collect()
    }

    fn validate(&self, runtime: &Arc<Runtime>) -> Vec<Finding> {
        self.log("validate");
        if self.leaks {
            *self.leaked.lock().unwrap() = Some(Arc::clone(runtime));
        }
        self.findings.clone()
    }

    fn before_dump(&self) -> Result<(), ExtensionError> {
        self.log("before");
        if self.refuses { Err(failure("not now")) } else { Ok(()) }
    }

    fn after_dump(&self, is_done: bool, objects: usize) {
        self.log(&format!("after {is_done} {objects}"));
    }

    fn snapshot_states(&self) -> StateSnapshot {
        self.log("snapshot");
        if let Some(act) = &self.when_asked {
            act();
        }
        self.quiet.store(true, Ordering::SeqCst);
        let mut snapshot =
            StateSnapshot { quiet: Some(Box::new(Quiet(Arc::clone(&self.quiet)))), ..Default::default() };
        for state in self.states.lock().unwrap().iter().cloned() {
            match state {
                Ok(section) => snapshot.sections.push(section),
                Err(failure) => snapshot.failures.push(failure),
            }
        }
        snapshot
    }

    fn restore_states(&self, sections: &[StateSection]) -> Vec<Restored> {
        let outcomes = self.outcomes.lock().unwrap();
        let outcome = |id: &str| outcomes.get(id).cloned().unwrap_or(StateOutcome::Absent);
        sections
            .iter()
            .map(|section| Restored { id: section.id.clone(), outcome: outcome(&section.id) })
            .collect()
    }
}

impl Fake {
    fn log(&self, what: &str) {
        self.log.lock().unwrap().push(what.to_owned());
    }
}

/// What a codec of the tests does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Counts and bytes in turn.
    RunLengths,
    /// The same, behind a byte that is another one each time.
    Moody,
    /// Fails to encode.
    Failing,
    /// Forgets the last byte when it encodes.
    Lossy,
    /// Encodes like the first, and fails to decode.
    Stuck,
    /// Encodes like the first, and gives more than was encoded.
    Bomb,
}

/// A codec of the tests.
pub(crate) struct Toy {
    info: CodecInfo,
    manner: Manner,
    pub(crate) encoded: AtomicUsize,
}

impl Toy {
    pub(crate) fn new(name: &str, number: u8, manner: Manner) -> Arc<Toy> {
        let info = CodecInfo {
            name: name.to_owned(),
            magic: [b'C', b'R', 1, number],
            version: "1.0.0".to_owned(),
            description: "a toy".to_owned(),
            throughput: 1.0,
            ratio: 0.5,
            plugin: "toys".to_owned(),
        };
        Arc::new(Toy { info, manner, encoded: AtomicUsize::new(0) })
    }
}

impl Codec for Toy {
    fn info(&self) -> &CodecInfo {
        &self.info
    }

    fn encode(&self, plain: Vec<u8>) -> Result<Vec<u8>, ExtensionError> {
        let calls = self.encoded.fetch_add(1, Ordering::Relaxed);
        let mut coded = Vec::new();
        let mut plain = &plain[..];
        match self.manner {
            Manner::Failing => return Err(failure("out of patience")),
            Manner::Lossy => plain = &plain[..plain.len() - 1],
            Manner::Moody => coded.push(calls as u8),
            _ => {}
        }
        for run in plain.chunk_by(|a, b| a == b) {
            for part in run.chunks(255) {
                coded.extend([part.len() as u8, part[0]]);
            }
        }
        Ok(coded)
    }

    fn decode(&self, coded: Vec<u8>, plain_size: u64) -> Result<Vec<u8>, ExtensionError> {
        let coded = if self.manner == Manner::Moody { &coded[1..] } else { &coded[..] };
        let mut plain = Vec::new();
        for run in coded.chunks_exact(2) {
            plain.extend(std::iter::repeat_n(run[1], usize::from(run[0])));
        }
        match self.manner {
            Manner::Stuck => Err(failure("stuck")),
            Manner::Bomb => Ok([plain, vec![0; 10]].concat()),
            _ if plain.len() as u64 > plain_size => Err(failure("there is more than was announced")),
            _ => Ok(plain),
        }
    }
}
