//! Graphs as text: what a store holds, so that two moments can be compared.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use rps_runtime::object::Payload;
use rps_runtime::object::payload::Environment;
use rps_runtime::{Mutator, ObjectRef, Runtime};

/// What a store has to keep of a graph: a text for each stored object by its oid, and one for the graph as a whole.
///
/// The text is made here and not by the dumper: what that forgets must not be missing from both sides of a comparison.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Graph(BTreeMap<String, String>);

impl Graph {
    /// Returns what a runtime holds at the moment. No other thread changes anything meanwhile.
    pub(crate) fn of(runtime: &Runtime) -> Graph {
        runtime.enter(Graph::within)
    }

    /// Returns what the runtime of a mutator holds at the moment.
    pub(crate) fn within(m: &Mutator<'_>) -> Graph {
        let _suspended = m.suspend_collections();
        let stored = m.stored_objects();
        let mut texts: BTreeMap<String, String> =
            stored.into_iter().map(|object| (object.oid().to_string(), text_of(m, object))).collect();
        let oids = |objects: Vec<ObjectRef>| Vec::from_iter(objects.into_iter().map(ObjectRef::oid));
        texts.insert("roots".into(), format!("{:?}", oids(m.roots())));
        texts.insert("constants".into(), format!("{:?}", oids(m.constants())));
        texts.insert("annotations".into(), format!("{:?}", m.runtime().annotations()));
        let names = m.all_names().into_iter().filter_map(|name| {
            let symbol = m.symbol(&name).filter(|symbol| symbol.space().is_some())?;
            Some((name, symbol.oid()))
        });
        texts.insert("names".into(), format!("{:?}", Vec::from_iter(names)));
        Graph(texts)
    }

    /// Returns what stands for a store that is damaged.
    pub(crate) fn damaged() -> Graph {
        Graph(BTreeMap::from([("damaged".to_owned(), String::new())]))
    }

    /// Returns what stands for a store whose journal was made to another generation, which whoever opens it is told: nothing
    /// is lost, and somebody has to decide.
    pub(crate) fn of_two_generations() -> Graph {
        Graph(BTreeMap::from([("two generations".to_owned(), String::new())]))
    }

    /// Returns the graph with these texts.
    pub(crate) fn from_texts(texts: BTreeMap<String, String>) -> Graph {
        Graph(texts)
    }

    /// Returns what is different in another graph, or the first of it: empty if nothing is.
    pub(crate) fn difference(&self, other: &Graph) -> String {
        const SHOWN: usize = 4;
        let (mut text, mut count) = (String::new(), 0);
        let nothing = String::from("nothing");
        let keys = self.0.keys().chain(other.0.keys().filter(|&key| !self.0.contains_key(key)));
        for key in keys {
            let [here, there] = [self, other].map(|graph| graph.0.get(key).unwrap_or(&nothing));
            count += usize::from(here != there);
            if here != there && count <= SHOWN {
                let _ = writeln!(text, "{key}:\n  {}\n  {}", here.trim_end(), there.trim_end());
            }
        }
        if count > SHOWN {
            let _ = writeln!(text, "and {} others", count - SHOWN);
        }
        text
    }
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.0).finish()
    }
}

fn text_of(m: &Mutator<'_>, object: ObjectRef) -> String {
    let mut text = String::new();
    let oid = |object: Option<ObjectRef>| object.map_or("none".to_owned(), |object| object.oid().to_string());
    let _ = write!(text, "class {} space {} at {}", oid(object.class()), oid(object.space()), object.mtime());
    let attributes: BTreeMap<_, _> =
        object.attributes().map(|(key, value)| (key.oid(), format!("{value:?}"))).collect();
    let _ = write!(text, " {attributes:?} {:?}", Vec::from_iter(object.components()));
    object.with_payload(m, |payload| payload.map(|payload| write_payload(&mut text, payload)));
    if let Some(extras) = object.extras() {
        let _ = write!(text, " and {:?}", extras.items());
    }
    text
}

fn write_payload(text: &mut String, payload: &Payload) {
    let environment = |text: &mut String, map: &Environment| {
        let Environment { bindings, description, parent } = map;
        let bindings: Vec<_> = bindings.iter().map(|(key, value)| (key.oid(), value)).collect();
        write!(text, " {bindings:?} {description:?} {:?}", parent.map(ObjectRef::oid))
    };
    let _ = write!(text, " {}", payload.kind());
    let _ = match payload {
        Payload::ClassInfo(info) => {
            let methods: Vec<_> =
                info.methods().iter().map(|(selector, method)| (selector.oid(), method)).collect();
            let [superclass, symbol] =
                [info.superclass, info.symbol].map(|object| object.map(ObjectRef::oid));
            let attributes = info.attribute_set.map(|set| set.items().to_vec());
            write!(text, " {superclass:?} {symbol:?} {attributes:?} {methods:?}")
        }
        Payload::Symbol(symbol) => write!(text, " {symbol:?}"),
        Payload::Set(values) => {
            // Sorted by text: the order of values is not what this is about.
            let mut texts = Vec::from_iter(values.iter().map(|value| format!("{value:?}")));
            texts.sort();
            write!(text, " {texts:?}")
        }
        Payload::ObjectVector(values) | Payload::ValueVector(values) => write!(text, " {values:?}"),
        Payload::StringDictionary(entries) => write!(text, " {entries:?}"),
        Payload::Dictionary(entries) => write!(text, " {:?}", entries.sorted()),
        Payload::StringBuffer(buffer) => write!(text, " {:?} {:?}", buffer.text, buffer.indent),
        Payload::ObjectMap(map) | Payload::Environment(map) => environment(text, map),
        Payload::Agenda(agenda) => {
            let oids = |queue: &Vec<ObjectRef>| Vec::from_iter(queue.iter().map(|object| object.oid()));
            write!(text, " {:?}", agenda.queues.each_ref().map(oids))
        }
        Payload::Tasklet(tasklet) => write!(text, " {:?} {:?}", tasklet.todo, tasklet.obsolete_delay),
        Payload::Function(function) => {
            let class = function.class.map(ObjectRef::oid);
            let (source, parameters, captured) = (&function.source, &function.parameters, &function.captured);
            write!(text, " {source:?} {parameters:?} {captured:?} {class:?} {}", function.is_method)
        }
        Payload::Foreign(foreign) => write!(text, " {}", foreign.type_name()),
        _ => Ok(()),
    };
}
