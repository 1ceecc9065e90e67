//! Schemas of Cap'n Proto: `cargo test -p rps-plugin --features capnp --test capnp`.

#![forbid(unsafe_code)]

use std::io::{ErrorKind, Write};
use std::process::Command;

use rps_plugin::{ObjectRef, RpsPayload};

#[derive(RpsPayload)]
#[rps(name = "test/All", generate(capnp))]
struct All {
    first_number: i8,
    flags: Vec<bool>,
    shape: Shape,
    points: Vec<(f64, f64)>,
    maybe: Option<String>,
    names: std::collections::BTreeMap<String, u64>,
    object: ObjectRef,
    nested: [Only; 3],
}

#[derive(RpsPayload)]
enum Shape {
    Nothing,
    Circle(f64),
    Rectangle { width: f32, height: f32 },
}

#[derive(RpsPayload)]
struct Only {
    x: u16,
}

#[derive(RpsPayload)]
#[rps(generate(capnp))]
struct Wide {
    wide: u128,
}

const EXPECTED: &str = "\
struct All {
  firstNumber @0 :Int8;
  flags @1 :List(Bool);
  shape @2 :Shape2;
  points @3 :List(Points3);
  maybe @4 :Maybe4;
  names @5 :List(Names5);
  object @6 :Text;
  nested @7 :List(Nested7);
  struct Shape2 {
    union {
      nothing @0 :Void;
      circle @1 :Circle1;
      rectangle @2 :Rectangle2;
    }
    struct Circle1 {
      field0 @0 :Float64;
    }
    struct Rectangle2 {
      width @0 :Float32;
      height @1 :Float32;
    }
  }
  struct Points3 {
    field0 @0 :Float64;
    field1 @1 :Float64;
  }
  struct Maybe4 {
    union {
      nothing @0 :Void;
      value @1 :Text;
    }
  }
  struct Names5 {
    key @0 :Text;
    value @1 :UInt64;
  }
  struct Nested7 {
    x @0 :UInt16;
  }
}
";

#[test]
fn comm_3_the_schema_is_the_same_in_every_build() {
    let schema = All::capnp_schema().unwrap();
    let (id, body) = schema.split_once(";\n\n").unwrap();
    assert_eq!(id, format!("@{:#018x}", All::SCHEMA_HASH | 1 << 63));
    assert_eq!(body, EXPECTED);
    assert_eq!(Wide::capnp_schema().unwrap_err().to_string(), "Cap'n Proto has no type for `u128`");
}

/// Where the compiler of Cap'n Proto is not installed, it says so, and how many checks were left out.
#[test]
fn comm_3_and_32_the_compiler_of_capn_proto_takes_it() {
    let mut file = tempfile::Builder::new().suffix(".capnp").tempfile().unwrap();
    file.write_all(All::capnp_schema().unwrap().as_bytes()).unwrap();
    match Command::new("capnp").arg("compile").arg("-o-").arg(file.path()).output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let _ = writeln!(std::io::stderr(), "SKIPPED 1 check: `capnp` is not installed");
        }
        Err(error) => panic!("{error}"),
    }
}
