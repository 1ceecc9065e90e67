//! Random graphs of all kinds of values and payloads go to a store and come back (issue 2, point 2).

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use rps_runtime::object::Payload;
use rps_runtime::object::payload::{
    Agenda, Capture, ClassInfo, Dictionary, Environment, Function, StringBuffer, Tasklet,
};
use rps_runtime::value::{ClosureRef, InstanceRef, JsonRef, SetRef, StringRef, TupleRef, number};
use rps_runtime::{Mutator, ObjectRef, Oid, Runtime, Value, known};

use crate::support::{dumped, files, load, make_space, stored};

/// How many objects a graph has.
const OBJECTS: usize = 12;

/// A recipe of a value: values themselves need a heap.
#[derive(Debug, Clone)]
enum Recipe {
    Nil,
    Bool(bool),
    Int(i64),
    Big(String),
    Double(u64),
    Text(String),
    Object(usize),
    Transient(u64),
    Tuple(Vec<Recipe>),
    Set(Vec<Recipe>),
    Closure(usize, Vec<Recipe>, Option<i64>),
    Instance(usize, Vec<(usize, Recipe)>, Vec<Recipe>, Option<i64>),
    Json(Json),
}

#[derive(Debug, Clone)]
enum Json {
    Scalar(Box<Recipe>),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

#[derive(Debug, Clone)]
struct Object {
    mtime: i64,
    attributes: Vec<(usize, Recipe)>,
    components: Vec<Recipe>,
    payload: usize,
    values: Vec<Recipe>,
    text: String,
    extra: bool,
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "_[0-9a-zA-Z]{18}",
        "[\\x00-\\x1f\"\\\\{}:,\\[\\]]{0,8}",
        Just("\n{\"oid\":\"_006mAbXTG4G00QR5HS\"".to_owned()),
        Just("{\"transient\":\"_006mAbXTG4G00QR5HS\"}".to_owned()),
    ]
}

fn scalar() -> impl Strategy<Value = Recipe> {
    prop_oneof![
        Just(Recipe::Nil),
        any::<bool>().prop_map(Recipe::Bool),
        any::<i64>().prop_map(Recipe::Int),
        (-9i64..9).prop_map(Recipe::Int),
        "-?[1-9][0-9]{18,60}".prop_map(Recipe::Big),
        any::<u64>().prop_map(Recipe::Double),
        (-9i32..9).prop_map(|n| Recipe::Double(f64::from(n).to_bits())),
        text().prop_map(Recipe::Text),
    ]
}

fn json() -> impl Strategy<Value = Json> {
    scalar().prop_map(|scalar| Json::Scalar(Box::new(scalar))).prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            prop::collection::vec((text(), inner), 0..4).prop_map(Json::Object),
        ]
    })
}

fn value() -> impl Strategy<Value = Recipe> {
    let leaf = prop_oneof![
        4 => scalar(),
        2 => (0..OBJECTS).prop_map(Recipe::Object),
        1 => (0u64..4).prop_map(Recipe::Transient),
        1 => json().prop_map(Recipe::Json),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let values = || prop::collection::vec(inner.clone(), 0..4);
        let rank = || prop::option::of(any::<i64>());
        let attributes = prop::collection::vec((0..OBJECTS, inner.clone()), 0..3);
        prop_oneof![
            values().prop_map(Recipe::Tuple),
            values().prop_map(Recipe::Set),
            (0..OBJECTS, values(), rank()).prop_map(|(f, env, rank)| Recipe::Closure(f, env, rank)),
            (0..OBJECTS, attributes, values(), rank())
                .prop_map(|(c, a, v, rank)| Recipe::Instance(c, a, v, rank)),
        ]
    })
}

fn object() -> impl Strategy<Value = Object> {
    let attributes = prop::collection::vec((0..OBJECTS, value()), 0..4);
    let values = || prop::collection::vec(value(), 0..4);
    (any::<i64>(), attributes, values(), 0usize..19, values(), text(), any::<bool>()).prop_map(
        |(mtime, attributes, components, payload, values, text, extra)| Object {
            mtime,
            attributes,
            components,
            payload,
            values,
            text,
            extra,
        },
    )
}

fn oid(n: usize) -> Oid {
    // Far apart, in both cases of the first digits.
    Oid::from_words(700_000_000_000_000_000 * n as u64 + 1_000_000, 1_000_000 + n as u64).unwrap()
}

/// Makes what recipes say.
struct Cook<'c, 'm>(&'c Mutator<'m>);

impl Cook<'_, '_> {
    fn object(&self, n: usize) -> ObjectRef {
        self.0.object(oid(n)).unwrap()
    }

    fn values(&self, recipes: &[Recipe]) -> Vec<Value> {
        recipes.iter().map(|recipe| self.value(recipe)).collect()
    }

    fn value(&self, recipe: &Recipe) -> Value {
        let m = self.0;
        let meta = |rank: &Option<i64>| rank.map(|rank| (self.object(1), rank));
        match recipe {
            Recipe::Nil => Value::NIL,
            Recipe::Bool(truth) => Value::bool(*truth),
            Recipe::Int(int) => Value::int(m, *int),
            Recipe::Big(digits) => number::from_bigint(m, &digits.parse().unwrap()),
            Recipe::Double(bits) => Value::double(m, f64::from_bits(*bits)),
            Recipe::Text(text) => m.string(text),
            Recipe::Object(n) => self.object(*n).into(),
            Recipe::Transient(n) => {
                m.object_or_skeleton(Oid::from_words(1 << 40, 1 << 20 | n).unwrap()).into()
            }
            Recipe::Tuple(items) => TupleRef::new(m, &self.values(items)).unwrap().into(),
            Recipe::Set(items) => SetRef::new(m, &mut self.values(items)).unwrap().into(),
            Recipe::Closure(function, env, rank) => {
                let env = self.values(env);
                ClosureRef::with_meta(m, self.object(*function), &env, meta(rank)).unwrap().into()
            }
            Recipe::Instance(class, attributes, components, rank) => {
                let attributes: Vec<_> =
                    attributes.iter().map(|(k, v)| (self.object(*k), self.value(v))).collect();
                let components = self.values(components);
                InstanceRef::new(m, self.object(*class), &attributes, &components, meta(rank)).unwrap().into()
            }
            Recipe::Json(json) => JsonRef::scalar(m, self.json(json)).unwrap().into(),
        }
    }

    fn json(&self, json: &Json) -> Value {
        let m = self.0;
        match json {
            Json::Scalar(recipe) => match self.value(recipe) {
                value if value.as_double().is_some_and(|double| !double.is_finite()) => Value::NIL,
                value => value,
            },
            Json::Array(items) => {
                let items: Vec<_> = items.iter().map(|item| self.json(item)).collect();
                JsonRef::array(m, &items).unwrap().into()
            }
            Json::Object(members) => {
                let members: Vec<_> =
                    members.iter().map(|(key, value)| (StringRef::new(m, key), self.json(value))).collect();
                JsonRef::object(m, &members).unwrap().into()
            }
        }
    }

    fn payload(&self, n: usize, object: &Object) -> Option<Payload> {
        let m = self.0;
        let values = self.values(&object.values);
        let first = values.first().copied().unwrap_or(Value::NIL);
        let environment = |parent| Environment {
            bindings: values.iter().enumerate().map(|(n, &value)| (self.object(n), value)).collect(),
            description: first,
            parent,
        };
        Some(match object.payload {
            0 => {
                let mut info = ClassInfo::new(Some(m.class(known::OBJECT)), Some(self.object(2)));
                info.attribute_set = Some(SetRef::new(m, &mut [self.object(3).into()]).unwrap());
                values.iter().enumerate().for_each(|(n, &value)| info.put_method(self.object(n), value));
                Payload::ClassInfo(Box::new(info))
            }
            1 => {
                let name = format!("{}-{n}", object.text);
                m.install_symbol(self.object(n), &name, first, object.extra).unwrap();
                return None;
            }
            2 => Payload::Space,
            3 => Payload::Set(BTreeSet::from_iter(values)),
            4 => Payload::ObjectVector(vec![Value::NIL, self.object(n).into()]),
            5 => Payload::ValueVector(values),
            6 => Payload::StringDictionary(BTreeMap::from_iter(
                values.iter().map(|&value| (Box::from(format!("{}{value:?}", object.text)), value)),
            )),
            7 => Payload::Dictionary(values.iter().map(|&value| (value, first)).collect::<Dictionary>()),
            8 => {
                Payload::StringBuffer(StringBuffer { text: object.text.clone(), indent: Some(object.mtime) })
            }
            9 => Payload::StringBuffer(StringBuffer { text: format!("{}\n\n", object.text), indent: None }),
            10 => Payload::ObjectMap(environment(None)),
            11 => Payload::Environment(environment(Some(self.object(n)))),
            12 => Payload::Agenda(Agenda { queues: [vec![], vec![self.object(n)], vec![self.object(0); 2]] }),
            13 => Payload::Tasklet(Tasklet { todo: first, obsolete_delay: Value::double(m, 1.5) }),
            14 => Payload::Marker("marked"),
            15 => Payload::Unknown(Box::from("unknown \"kind\"")),
            16 => {
                let names = || (0..values.len()).map(|n| Box::from(format!("{}{n}", object.text)));
                let captured = names().map(|name| Capture { name, shared: object.extra }).collect();
                let mut function = Function::new(&object.text, names().collect(), captured);
                function.class = object.extra.then(|| m.class(known::SET));
                function.is_method = object.mtime < 0;
                Payload::Function(Box::new(function))
            }
            _ => return None,
        })
    }
}

fn build(objects: &[Object], order: &[usize]) -> Runtime {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let _suspended = m.suspend_collections();
        let space = make_space(m);
        for &n in order {
            stored(m, oid(n), known::OBJECT, Some(space));
        }
        for &n in order {
            let (object, recipe, cook) = (m.object(oid(n)).unwrap(), &objects[n], Cook(m));
            for (key, value) in &recipe.attributes {
                object.put_attribute(m, cook.object(*key), cook.value(value)).unwrap();
            }
            object.set_components(m, &cook.values(&recipe.components));
            if let Some(payload) = cook.payload(n, recipe) {
                object.install_payload(m, Some(payload));
            }
            if recipe.extra {
                let extras =
                    [m.string("z"), m.string("[1.50, {\"a\" :2}]"), m.string("a\n"), m.string("true")];
                object.set_extras(Some(TupleRef::new(m, &extras).unwrap()));
            }
            object.set_mtime(recipe.mtime);
        }
    });
    runtime
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn dump_load_dump_gives_the_same_bytes_rps_14(
        objects in prop::collection::vec(object(), OBJECTS),
        order in Just((0..OBJECTS).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let straight: Vec<usize> = (0..OBJECTS).collect();
        let first = dumped(&build(&objects, &straight));
        let shuffled = dumped(&build(&objects, &order));
        prop_assert_eq!(files(&first), files(&shuffled));
        let again = dumped(&load(&first));
        prop_assert_eq!(files(&first), files(&again));
    }
}
