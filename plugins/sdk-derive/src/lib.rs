//! `#[derive(RpsPayload)]`, which `rps_plugin` hands on.
//!
//! Read in this order: this file (the entrance), `options` (the attribute), `shape` (what the type consists of, and what it may
//! not), `generate` (the implementations). The text of a schema is described in the book, on the page "Schemas of payloads".

#![forbid(unsafe_code)]

mod generate;
mod options;
mod shape;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct or enum a payload, or a part of one. See `rps_plugin::Payload`.
///
/// The attribute `#[rps(…)]` of the type says:
///
/// | option | meaning |
/// |---|---|
/// | `name = "geo/Point"` | it is a payload of this type name; without it, it is only a part of others |
/// | `class = "Point"` | the name of the class of the objects that hold it; else the last part of the name |
/// | `generate(rkyv)` | `write_to_buffer` and `access`: the type derives rkyv's `Archive` and `Serialize`, too |
/// | `generate(capnp)` | `capnp_schema`: the type as a schema of Cap'n Proto |
///
/// Fields may be numbers of a fixed size, `bool`, `char`, `String`, `ObjectRef`, `Option`, `Box`, `Vec`, arrays, tuples, `BTreeMap`,
/// `BTreeSet`, and what is derived itself. Every type has the constant `SCHEMA_HASH` and the function `schema_text`.
#[proc_macro_derive(RpsPayload, attributes(rps))]
pub fn derive_rps_payload(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let generated = options::Options::of(&input.attrs)
        .and_then(|options| Ok((options, shape::Shape::of(&input)?)))
        .and_then(|(options, shape)| generate::generate(&input, &options, &shape));
    generated.unwrap_or_else(|error| error.to_compile_error()).into()
}
