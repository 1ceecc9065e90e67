//! The plain map that a store is compared with.

use std::collections::{BTreeMap, BTreeSet};

use rps_runtime::{Oid, known};

use super::step::{Given, KEYS, SPACES, Step};
use crate::graph::Graph;

/// The time of everything: when things change is looked at elsewhere.
pub(super) const TIME: i64 = 175_000_000_000;

/// Returns the oid of an object, far from that of the next one.
pub(super) fn object(number: usize) -> Oid {
    oid(0, number)
}

/// Returns the oid of the name of an attribute.
pub(super) fn key(number: usize) -> Oid {
    oid(1, number)
}

/// Returns the oid of a space.
pub(super) fn space(number: usize) -> Oid {
    oid(2, number)
}

/// Returns the name of an attribute.
pub(super) fn key_name(number: usize) -> String {
    format!("key_{number}")
}

fn oid(kind: u64, number: usize) -> Oid {
    let high = 180_000_000_000_000_000 * (number as u64 % 50) + 1_000_000 + number as u64;
    Oid::from_words(high, 1_000_000 + kind).expect("the words are in range")
}

/// What a store is to hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Plain {
    objects: BTreeMap<usize, Thing>,
    roots: BTreeSet<usize>,
    annotation: Option<usize>,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct Thing {
    space: usize,
    attributes: BTreeMap<usize, Given>,
    components: Vec<Given>,
    payload: Option<(usize, Vec<Given>)>,
}

impl Plain {
    /// Returns whether there is such an object.
    pub(super) fn has(&self, object: usize) -> bool {
        self.objects.contains_key(&object)
    }

    /// Returns how many components an object has.
    pub(super) fn components(&self, object: usize) -> usize {
        self.objects.get(&object).map_or(0, |thing| thing.components.len())
    }

    /// Returns the kind of payload that an object has.
    pub(super) fn payload(&self, object: usize) -> Option<usize> {
        self.objects.get(&object)?.payload.as_ref().map(|payload| payload.0)
    }

    /// Does a step that changes something, other than a transaction.
    pub(super) fn change(&mut self, step: &Step) {
        match step {
            Step::Make { object, space } if !self.has(*object) => {
                self.objects.insert(*object, Thing { space: *space, ..Thing::default() });
            }
            Step::Remove { object } => {
                self.objects.remove(object);
                self.roots.remove(object);
            }
            Step::Root { object } if self.has(*object) => drop(self.roots.insert(*object)),
            Step::NoRoot { object } => drop(self.roots.remove(object)),
            Step::Annotate { number } => self.annotation = Some(*number),
            _ => {
                if let Some(thing) = step.changed().and_then(|object| self.objects.get_mut(&object)) {
                    thing.change(step);
                }
            }
        }
    }

    /// Returns the graph that a store with all this holds.
    pub(super) fn graph(&self) -> Graph {
        let mut texts = BTreeMap::new();
        for (&number, thing) in &self.objects {
            texts.insert(object(number).to_string(), thing.text());
        }
        for number in 0..SPACES {
            let oid = space(number);
            let attributes = BTreeMap::from([(known::NAME, format!("{:?}", space_name(number)))]);
            let text = format!("class {} space {oid} at {TIME} {attributes:?} [] space", known::SPACE);
            texts.insert(oid.to_string(), text);
        }
        let mut names = BTreeMap::new();
        for number in 0..KEYS {
            let (oid, name) = (key(number), key_name(number));
            let symbol = format!("Symbol {{ name: {name:?}, value: nil, weak: false }}");
            let class = known::SYMBOL;
            texts.insert(
                oid.to_string(),
                format!("class {class} space {} at {TIME} {{}} [] symbol {symbol}", space(0)),
            );
            names.insert(name, oid);
        }
        let roots: BTreeSet<Oid> = self.roots.iter().map(|&number| object(number)).collect();
        texts.insert("roots".into(), format!("{:?}", Vec::from_iter(roots)));
        texts.insert("constants".into(), "[]".into());
        let annotations: BTreeMap<String, String> =
            self.annotation.iter().map(|number| ("number".to_owned(), number.to_string())).collect();
        texts.insert("annotations".into(), format!("{annotations:?}"));
        texts.insert("names".into(), format!("{:?}", Vec::from_iter(names)));
        Graph::from_texts(texts)
    }
}

/// Returns the name of a space.
pub(super) fn space_name(number: usize) -> String {
    format!("space_{number}")
}

impl Thing {
    fn change(&mut self, step: &Step) {
        match step {
            Step::Move { space, .. } => self.space = *space,
            Step::Put { key, value, .. } => drop(self.attributes.insert(*key, value.clone())),
            Step::Unset { key, .. } => drop(self.attributes.remove(key)),
            Step::Push { value, .. } => self.components.push(value.clone()),
            Step::PutComponent { value, .. } => {
                if let Some(last) = self.components.last_mut() {
                    *last = value.clone();
                }
            }
            Step::RemoveComponent { .. } if !self.components.is_empty() => drop(self.components.remove(0)),
            Step::Payload { kind: 0, .. } => self.payload = None,
            Step::Payload { kind, values, .. } => {
                self.payload = Some((*kind, Vec::new()));
                values.iter().for_each(|value| self.extend(value));
            }
            Step::Extend { value, .. } => self.extend(value),
            _ => {}
        }
    }

    fn extend(&mut self, value: &Given) {
        let Some((kind, values)) = &mut self.payload else { return };
        let value = match *kind {
            SET => value.clone().simple(),
            _ => value.clone(),
        };
        if *kind != SET || !values.contains(&value) {
            values.push(value);
        }
    }

    fn text(&self) -> String {
        let attributes: BTreeMap<Oid, String> =
            self.attributes.iter().map(|(&number, value)| (key(number), value.text())).collect();
        let list = |values: &[Given]| values.iter().map(Given::text).collect::<Vec<_>>().join(", ");
        let (class, space) = (known::OBJECT, space(self.space));
        let mut text =
            format!("class {class} space {space} at {TIME} {attributes:?} [{}]", list(&self.components));
        if let Some((kind, values)) = &self.payload {
            text.push_str(&match *kind {
                VECTOR => format!(" vectval [{}]", list(values)),
                SET => {
                    let mut texts: Vec<String> = values.iter().map(Given::text).collect();
                    texts.sort();
                    format!(" setob {texts:?}")
                }
                DICTIONARY => {
                    let entry = |(at, value): (usize, &Given)| format!("\"{at:03}\": {}", value.text());
                    let entries: Vec<String> = values.iter().enumerate().map(entry).collect();
                    format!(" string_dictionary {{{}}}", entries.join(", "))
                }
                _ => format!(" string_buffer {:?} None", list(values)),
            });
        }
        text
    }
}

/// The kinds of payloads; 0 is none.
pub(super) const VECTOR: usize = 1;
pub(super) const SET: usize = 2;
pub(super) const DICTIONARY: usize = 3;

impl Given {
    /// Returns the value as the runtime describes it.
    pub(super) fn text(&self) -> String {
        match self {
            Given::Nil => "nil".into(),
            Given::Int(int) => int.to_string(),
            Given::Double(halves) => format!("{:?}", f64::from(*halves) / 2.0),
            Given::Text(length) => format!("{:?}", "é".repeat(*length)),
            Given::Object(number) => object(*number).to_string(),
            Given::Tuple(items) => {
                format!("[{}]", items.iter().map(Given::text).collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// Returns a value about whose equality with others nobody can argue.
    pub(super) fn simple(self) -> Given {
        match self {
            Given::Int(_) | Given::Text(_) | Given::Object(_) => self,
            _ => Given::Int(0),
        }
    }
}
