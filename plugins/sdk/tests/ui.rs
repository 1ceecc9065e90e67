//! What does not compile, and what the compiler says of it.

#![forbid(unsafe_code)]

/// Golden files: `TRYBUILD=overwrite cargo test -p rps-plugin --test ui` writes them anew.
#[test]
fn rps_45_and_comm_19_what_is_wrong_is_an_error_where_it_stands() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
    cases.pass("tests/ui/pass/*.rs");
}
