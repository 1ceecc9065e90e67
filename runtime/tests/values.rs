//! Values of all kinds: one form each, a total order, equality and hashes that agree.

use num_bigint::BigInt;
use proptest::prelude::*;
use rps_runtime::value::number::{self, Operation};
use rps_runtime::value::{
    ClosureRef, InstanceRef, JsonRef, MAX_DEPTH, MAX_SMALL_INT, MIN_SMALL_INT, SetRef, TupleRef, ValueError,
};
use rps_runtime::{Mutator, Runtime, Value, known};

fn cases() -> ProptestConfig {
    // Every allocation collects under stress, so fewer cases do.
    ProptestConfig::with_cases(if std::env::var_os("RPS_GC_STRESS").is_some() { 16 } else { 256 })
}

/// A recipe for a value, from which equal ones can be made twice.
#[derive(Clone, Debug)]
enum Recipe {
    Nil,
    Bool(bool),
    Int(i64),
    Big(i128),
    Double(f64),
    Text(String),
    Known(usize),
    Tuple(Vec<Recipe>),
    Set(Vec<Recipe>),
    Closure(usize, Vec<Recipe>),
    Instance(usize, Vec<Recipe>),
    Json(Vec<(String, f64)>),
}

fn make(m: &Mutator<'_>, recipe: &Recipe) -> Value {
    let all = |recipes: &[Recipe]| {
        let mut values = m.root_vec();
        for recipe in recipes {
            let value = make(m, recipe);
            values.push(value);
        }
        values
    };
    let class = |index: usize| m.class(known::CLASSES[index % known::CLASSES.len()].class);
    match recipe {
        Recipe::Nil => Value::NIL,
        Recipe::Bool(truth) => (*truth).into(),
        Recipe::Int(int) => Value::int(m, *int),
        Recipe::Big(int) => number::from_bigint(m, &BigInt::from(*int)),
        Recipe::Double(double) => Value::double(m, *double),
        Recipe::Text(text) => m.string(text),
        Recipe::Known(index) => class(*index).into(),
        Recipe::Tuple(items) => TupleRef::new(m, &all(items)).unwrap().into(),
        Recipe::Set(items) => SetRef::new(m, &mut all(items)).unwrap().into(),
        Recipe::Closure(index, env) => ClosureRef::new(m, class(*index), &all(env)).unwrap().into(),
        Recipe::Instance(index, items) => {
            InstanceRef::new(m, class(*index), &[], &all(items), None).unwrap().into()
        }
        Recipe::Json(members) => {
            let mut parts = m.root_vec();
            for (key, value) in members {
                let key = m.string(key);
                parts.push(key);
                let value = Value::double(m, *value);
                parts.push(value);
            }
            let members: Vec<_> =
                parts.chunks(2).map(|pair| (pair[0].as_string().unwrap(), pair[1])).collect();
            JsonRef::object(m, &members).unwrap().into()
        }
    }
}

fn recipes() -> impl Strategy<Value = Recipe> {
    let leaf = prop_oneof![
        Just(Recipe::Nil),
        any::<bool>().prop_map(Recipe::Bool),
        any::<i64>().prop_map(Recipe::Int),
        (-3i64..3).prop_map(Recipe::Int),
        any::<i128>().prop_map(Recipe::Big),
        any::<f64>().prop_map(Recipe::Double),
        (-3i8..3).prop_map(|small| Recipe::Double(f64::from(small))),
        ".{0,12}".prop_map(Recipe::Text),
        (0usize..5).prop_map(Recipe::Known),
        proptest::collection::vec((".{0,3}", -1e9f64..1e9), 0..3).prop_map(Recipe::Json),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let items = proptest::collection::vec(inner, 0..4);
        prop_oneof![
            items.clone().prop_map(Recipe::Tuple),
            items.clone().prop_map(Recipe::Set),
            (0usize..4, items.clone()).prop_map(|(index, items)| Recipe::Closure(index, items)),
            (0usize..4, items).prop_map(|(index, items)| Recipe::Instance(index, items)),
        ]
    })
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn equality_order_and_hash_agree(a in recipes(), b in recipes(), c in recipes()) {
        Runtime::new().enter(|m| {
            let (x, y, z) = (make(m, &a), make(m, &b), make(m, &c));
            let twin = make(m, &a);
            prop_assert_eq!(x, twin);
            prop_assert_eq!(x.hash32(), twin.hash32());
            prop_assert_eq!(x.cmp(&y), y.cmp(&x).reverse());
            prop_assert_eq!(x == y, x.cmp(&y).is_eq());
            if x == y {
                prop_assert_eq!(x.hash32(), y.hash32());
            }
            let mut sorted = [x, y, z];
            sorted.sort();
            prop_assert!(sorted[0] <= sorted[1] && sorted[1] <= sorted[2] && sorted[0] <= sorted[2]);
            Ok(())
        })?;
    }

    #[test]
    fn integer_arithmetic_is_exact(a: i64, b: i64, shift in 0u32..63) {
        Runtime::new().enter(|m| {
            let (a, b) = (a >> shift, b >> (shift / 2));
            let (x, y) = (BigInt::from(a), BigInt::from(b));
            let apply = |operation| number::apply(m, operation, Value::int(m, a), Value::int(m, b));
            let exact = |value: Value| number::to_bigint(value).unwrap();
            prop_assert_eq!(exact(apply(Operation::Add).unwrap()), &x + &y);
            prop_assert_eq!(exact(apply(Operation::Subtract).unwrap()), &x - &y);
            prop_assert_eq!(exact(apply(Operation::Multiply).unwrap()), &x * &y);
            if b != 0 {
                prop_assert_eq!(exact(apply(Operation::Divide).unwrap()), &x / &y);
                prop_assert_eq!(exact(apply(Operation::Remainder).unwrap()), &x % &y);
            }
            Ok(())
        })?;
    }
}

#[test]
fn integers_grow_and_come_back() {
    Runtime::new().enter(|m| {
        let one = Value::int(m, 1);
        let most = Value::int(m, MAX_SMALL_INT);
        assert!(most.as_small_int().is_some());
        let more = number::apply(m, Operation::Add, most, one).unwrap();
        assert!(more.as_bigint().is_some(), "{more:?} does not fit 63 bits");
        assert_eq!(number::apply(m, Operation::Subtract, more, one).unwrap(), most);
        let least = Value::int(m, MIN_SMALL_INT);
        let less = number::apply(m, Operation::Subtract, least, one).unwrap();
        assert_eq!(format!("{less:?}"), "-4611686018427387905");
        assert_eq!(number::negate(m, least).unwrap(), more);
        assert_eq!(
            number::apply(m, Operation::Divide, Value::int(m, i64::MIN), Value::int(m, -1)).unwrap(),
            number::from_bigint(m, &(-BigInt::from(i64::MIN)))
        );
        assert!(number::apply(m, Operation::Remainder, one, Value::int(m, 0)).is_err());
        let remainder = number::apply(m, Operation::Remainder, Value::int(m, -7), Value::int(m, 3)).unwrap();
        assert_eq!(remainder, Value::int(m, -1), "the remainder has the sign of the dividend");
    });
}

#[test]
fn the_order_is_the_documented_one() {
    Runtime::new().enter(|m| {
        let mut values = m.root_vec();
        values.extend([Value::NIL, Value::FALSE, Value::TRUE, Value::double(m, f64::NEG_INFINITY)]);
        values.extend([
            number::from_bigint(m, &BigInt::from(i128::MIN)),
            Value::int(m, -1),
            Value::int(m, 0),
        ]);
        values.extend([
            Value::double(m, -0.0),
            Value::double(m, 0.0),
            Value::int(m, 3),
            Value::double(m, 3.0),
        ]);
        values.extend([
            Value::double(m, 3.5),
            Value::int(m, 4),
            number::from_bigint(m, &BigInt::from(i128::MAX)),
        ]);
        values.extend([Value::double(m, f64::INFINITY), Value::double(m, f64::NAN), m.string("")]);
        values.extend([
            m.string("Z"),
            m.string("a"),
            m.class(known::SYMBOL).into(),
            m.class(known::CLASS).into(),
        ]);
        values.push(TupleRef::new(m, &[]).unwrap().into());
        values.push(TupleRef::new(m, &[Value::NIL]).unwrap().into());
        values.push(SetRef::new(m, &mut []).unwrap().into());
        values.push(ClosureRef::new(m, m.class(known::CLASS), &[]).unwrap().into());
        values.push(InstanceRef::new(m, m.class(known::CLASS), &[], &[], None).unwrap().into());
        values.push(JsonRef::scalar(m, Value::NIL).unwrap().into());
        for (index, a) in values.iter().enumerate() {
            for b in &values[index + 1..] {
                assert!(a < b, "{a:?} comes before {b:?}");
            }
        }
        let (three, three_point) = (Value::int(m, 3), Value::double(m, 3.0));
        assert!(number::equal(three, three_point) && three != three_point);
        assert!(!number::equal(Value::double(m, f64::NAN), Value::double(m, f64::NAN)));
    });
}

/// RefPerSys never finds the last element of a set.
#[test]
fn sets_find_every_element() {
    Runtime::new().enter(|m| {
        let mut items: Vec<Value> = (0..20).map(|int| Value::int(m, int * 7 % 20)).collect();
        items.push(items[3]);
        let set = SetRef::new(m, &mut items).unwrap();
        assert_eq!(set.items().len(), 20);
        for int in 0..20 {
            assert_eq!(set.index_of(Value::int(m, int)), Some(int as usize));
        }
        assert!(!set.contains(Value::int(m, 20)) && !set.contains(Value::double(m, 3.0)));
        let other = SetRef::new(m, &mut [Value::int(m, 3), Value::int(m, 99)]).unwrap();
        assert_eq!(set.union(m, other).unwrap().items().len(), 21);
        assert_eq!(set.intersection(m, other).unwrap().items(), [Value::int(m, 3)]);
        assert_eq!(other.difference(m, set).unwrap().items(), [Value::int(m, 99)]);
    });
}

#[test]
fn nesting_is_bounded() {
    Runtime::new().enter(|m| {
        let mut value = Value::NIL;
        for _ in 0..MAX_DEPTH {
            value = TupleRef::new(m, &[value]).unwrap().into();
        }
        assert_eq!(TupleRef::new(m, &[value]).unwrap_err(), ValueError::TooDeep);
        assert_eq!(value, value);
        assert!(format!("{value:?}").starts_with("[[[["));
    });
}

/// `t = [t, t]`, forty deep, has a trillion leaves and forty cells: comparing two such takes forty steps.
#[test]
fn shared_parts_are_compared_once() {
    Runtime::new().enter(|m| {
        let build = |leaf: Value| (0..200).fold(leaf, |t, _| TupleRef::new(m, &[t, t]).unwrap().into());
        let (a, b, c) = (build(Value::NIL), build(Value::NIL), build(Value::TRUE));
        assert!(a == b && a < c && c > b);
    });
}
