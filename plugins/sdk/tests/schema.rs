//! Schemas of payloads: their text, and the hash of it. The book's page on them has the same vectors.

#![forbid(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet};

use rps_plugin::{Field, ObjectRef, Payload, RpsPayload};

#[derive(RpsPayload)]
#[rps(name = "geo/Point")]
struct Point {
    x: f64,
    y: f64,
    label: String,
}

#[derive(RpsPayload)]
struct Nested<T> {
    point: Point,
    more: Vec<T>,
    r#type: Option<Box<u8>>,
}

#[derive(RpsPayload)]
enum Shape {
    Nothing,
    Circle(f64),
    Rectangle { width: f64, height: f64 },
}

#[derive(RpsPayload)]
#[rps(name = "geo/Everything", class = "GeoEverything")]
struct Everything {
    shapes: [Shape; 12],
    tags: BTreeSet<char>,
    by_name: BTreeMap<String, (i8, bool)>,
    object: ObjectRef,
    unit: Unit,
    pair: Pair,
    big: u128,
}

#[derive(RpsPayload)]
struct Unit;

#[derive(RpsPayload)]
struct Pair(f32, i64);

/// The vectors of `docs/plugin-schema.md`.
#[test]
fn comm_1_and_17_the_text_is_the_canonical_list_of_fields() {
    assert_eq!(Point::schema_text(), "struct{x:f64,y:f64,label:string}");
    assert_eq!(
        Nested::<i32>::schema_text(),
        "struct{point:struct{x:f64,y:f64,label:string},more:list<i32>,type:option<u8>}"
    );
    assert_eq!(Shape::schema_text(), "enum{Nothing,Circle(f64),Rectangle{width:f64,height:f64}}");
    assert_eq!(Unit::schema_text(), "struct");
    assert_eq!(
        Everything::schema_text(),
        "struct{shapes:array<enum{Nothing,Circle(f64),Rectangle{width:f64,height:f64}},12>,tags:set<char>,\
         by_name:map<string,(i8,bool,)>,object:object,unit:struct,pair:struct(f32,i64),big:u128}"
    );
    assert_eq!(Unit::SCHEMA_HASH, 0xEE8C_B41F_4A1B_055D);
    assert_eq!(Point::SCHEMA_HASH, 0x8240_D0A2_38E6_006D);
    assert_eq!(Shape::SCHEMA_HASH, 0xC446_8808_C989_1DD0);
}

#[test]
fn comm_18_the_hash_is_a_constant_and_that_of_the_text() {
    const HASH: u64 = Everything::SCHEMA_HASH;
    assert_eq!(HASH, xxhash_rust::xxh64::xxh64(Everything::schema_text().as_bytes(), 0));
    assert_eq!(HASH, <Everything as Payload>::SCHEMA_HASH);
    assert_eq!(<Everything as Payload>::SCHEMA, Everything::schema_text());
    assert_eq!(<Shape as Field>::SCHEMA_TEXT, Shape::schema_text());
}

#[test]
fn comm_17_the_spelling_of_a_type_does_not_matter() {
    #[allow(unused_qualifications, reason = "the spelling is what is tested")]
    mod elsewhere {
        type Text = String;
        #[derive(rps_plugin::RpsPayload)]
        pub(super) struct Renamed {
            pub(super) x: core::primitive::f64,
            pub(super) y: f64,
            pub(super) label: std::string::String,
        }
        #[derive(rps_plugin::RpsPayload)]
        pub(super) struct ByAlias {
            pub(super) x: f64,
            pub(super) y: f64,
            pub(super) label: Text,
        }
        #[derive(rps_plugin::RpsPayload)]
        pub(super) struct InOtherOrder {
            pub(super) y: f64,
            pub(super) x: f64,
            pub(super) label: String,
        }
    }
    assert_eq!(elsewhere::Renamed::SCHEMA_HASH, Point::SCHEMA_HASH);
    assert_eq!(elsewhere::ByAlias::SCHEMA_HASH, Point::SCHEMA_HASH);
    assert_ne!(elsewhere::InOtherOrder::SCHEMA_HASH, Point::SCHEMA_HASH);
    let _ = |a: elsewhere::Renamed, b: elsewhere::ByAlias, c: elsewhere::InOtherOrder| {
        (a.x, a.y, a.label, b.x, b.y, b.label, c.x, c.y, c.label)
    };
}

#[test]
fn names_come_from_the_attribute() {
    assert_eq!((Point::TYPE_NAME, Point::CLASS_NAME), (c"geo/Point", c"Point"));
    assert_eq!((Everything::TYPE_NAME, Everything::CLASS_NAME), (c"geo/Everything", c"GeoEverything"));
}
