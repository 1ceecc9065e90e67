//! Bad native functions: each is refused with a reason, at a place, and what to do.

use expect_test::expect;

use super::{eval, with_session};

/// One in each line. `F` stands for `native fn f`.
const BAD: &str = r#"
F(a: i65) {}
F(a: int) {}
F(a: [bool]) {}
F() -> [f64] {}
F(a: i64, a: i64) {}
F(f64: f64) {}
F(a: f64) -> i64 { a }
F(a: i64) -> f64 { a }
F(a: i32, b: i64) -> i32 { a + b }
F(a: bool) -> i64 { a + 1 }
F(a: bool) -> bool { a < true }
F(a: i64) -> bool { a }
F(a: i64) -> i64 { if a { 1 } else { 2 } }
F(a: i64) -> i64 { if a > 0 { 1 } }
F(a: i64) -> i64 { if a > 0 { 1 } else { 2.5 } }
F(a: i64) -> i64 { while a > 0 { a = a - 1 } }
F() -> i64 {}
F(a: i64) -> i64 { return }
F(a: i64) { return a }
F(a: i64) -> i64 { return a; a + 1 }
F(a: i64) -> i64 { let x = return a; x }
F(a: i64) -> i64 { x }
F(a: i64) -> i64 { let y = x; let x = a; y }
F(a: i64) -> i64 { if a > 0 { let x = 1 }; x }
F(amount: i64) -> i64 { amuont }
F(a: i64) -> i64 { x = a; a }
F(a: i64) -> i64 { let [x] = a; x }
F(a: i64) -> i64 { let x: string = a; x }
F(a: i64) -> i64 { let x: f64 = a; 1 }
F(a: i64) -> i64 { let i64 = a; a }
F(a: i64) -> i64 { break; a }
F(a: i64) -> i64 { continue }
F(a: i64) -> i64 { while true { break a }; a }
F(a: i8) -> i8 { a + 128 }
F() -> u8 { -1 }
F() -> u8 { 256 }
F() -> f32 { 16777217 }
F(a: u8) -> u8 { -a }
F(a: f64) -> f64 { a % 2.0 }
F(a: f64) -> f64 { a & a }
F(a: f64) -> f64 { a.shift_left(1) }
F(a: i64) -> i64 { a.shift_left(1.0) }
F(a: i64) -> i64 { a.sqrt() }
F(a: i64) -> i64 { a.bit_count() }
F(a: f64) -> f64 { a.sqr() }
F(a: f64) -> f64 { a.min() }
F(a: i64) -> i64 { g(a) }
F(a: i64) -> i64 { ordinary(a) }
F(a: i64) -> i64 { print(a) }
F(a: i64) -> i64 { f() }
F(a: i64) -> i64 { f(a, a) }
F(a: i64) -> i64 { f(1.5) }
F(a: i64) -> i64 { a(1) }
F(a: i64) -> i64 { twize(a) }
F(v: [i64]) -> i64 { v }
F(v: [i64]) -> i64 { v + 1 }
F(v: [i64]) { v = v }
F(v: [i64]) -> i64 { let w = v; 1 }
F(v: [i64]) -> i64 { v[0.5] }
F(v: [i64]) -> f64 { v[0] }
F(v: [i64]) { v[0] = 1.5 }
F(v: [i64]) -> i64 { v.len }
F(v: [i64]) -> i64 { sum([1]) }
F(v: [i64]) -> f64 { sum(v) }
F(a: i64) -> i64 { a[0] }
F(a: i64) { for x in a {} }
F(a: f64) { for i in 0.0..a {} }
F(a: i64) -> bool { bool(a) }
F(a: f64) -> i64 { i64.wrap(a) }
F(a: f64) -> i32 { i32.bits(a) }
F(a: f64) -> i64 { i64(a, a) }
F(a: f64) -> f64 { f64.parse(a) }
F() -> i64 { i64 }
F() -> i64 { nil }
F() -> i64 { "text" }
F() -> i64 { f"{1}" }
F() -> i64 { [1] }
F() -> i64 { {1} }
F() -> i64 { || 1 }
F() -> i64 { fn g() { 1 } }
F() -> i64 { self }
F() -> i64 { _ }
F() -> i64 { new vector [] }
F() -> i64 { try { 1 } catch e { 2 } }
F() -> i64 { raise 1 }
F(a: i64) -> i64 { match a { _ => 1 } }
F(a: i64) -> i64 { a.x }
F(a: i64) -> i64 { a.x = 1; a }
F(a: i64) -> i64 { (a)(1) }
F(a: i64) -> i64 { (0..a) }
F(a: i64) -> i64 { let x = a = 1; a }
F(a: i64) -> i64 { variable + a }
F(a: i64) -> i64 { let x = nope; x + 1 }
F(a) -> i64 { a }
F(a: ) { }
F(a: []) { }
F(a: i64) -> { a }
F a: i64 { a }
native fn (a: i64) { }
fn g() { native fn h() { } }
do { native fn h() { } }
class c { native fn h() { } }
"#;

/// RPS-29, RPS-33, RPS-34: a faulty native function is an error with its place and a hint, and never the end of the process.
#[test]
fn rps_29_rps_33_rps_34_bad_native_functions_are_refused() {
    let mut printed = String::new();
    let lines: Vec<&str> = BAD.lines().filter(|line| !line.is_empty()).collect();
    assert!(lines.len() >= 40);
    for line in lines {
        let text = line.replace("F(", "native fn f(").replace("F a", "native fn f a");
        with_session(|m, session| {
            let before = "fn ordinary(a) { a }; native fn twice(a: i64) -> i64 { 2 * a }; native fn sum(v: [f64]) -> f64 { v[0] }; let variable = 1";
            eval(m, session, before);
            let answer = eval(m, session, &text);
            assert!(answer.contains(" at `"), "{text} is not refused: {answer}");
            printed.push_str(&format!("{line}\n    {}\n", answer.replace("; ", "\n    ")));
            assert!(
                m.symbol("f").is_none_or(|name| m.value_of_symbol(name).is_identical(name.into())),
                "{text}"
            );
        });
    }
    expect![[r#"
        F(a: i65) {}
            native::unknown-type: there is no type `i65` of native code at `i65` (did you mean `i64`?)
        F(a: int) {}
            native::unknown-type: there is no type `int` of native code at `int` (there are i8 to i64, u8 to u64, f32, f64 and bool, and vectors of numbers such as `[f64]`)
        F(a: [bool]) {}
            native::unknown-type: there are no vectors of truth values at `[bool]` (take `[u8]`, and 0 and 1)
        F() -> [f64] {}
            native::slice-misplaced: the result of a native function is a number or a truth value at `[f64]` (pass a vector whose elements the function changes)
        F(a: i64, a: i64) {}
            compile::misplaced: there is another parameter `a` at `a`
        F(f64: f64) {}
            native::type-as-value: `f64` is a type, and no name for a variable at `f64` (choose another name)
        F(a: f64) -> i64 { a }
            native::type-mismatch: this is of type f64, and i64 is wanted at `a` (convert it: `i64(…)`)
        F(a: i64) -> f64 { a }
            native::type-mismatch: this is of type i64, and f64 is wanted at `a` (convert it: `f64(…)`)
        F(a: i32, b: i64) -> i32 { a + b }
            native::type-mismatch: this is of type i64, and i32 is wanted at `b` (convert it: `i32(…)`)
        F(a: bool) -> i64 { a + 1 }
            native::type-mismatch: this is of type i64, and bool is wanted at `1` (compare it: `x != 0`)
        F(a: bool) -> bool { a < true }
            native::no-operation: `<` is not defined for bool at `a < true` (`and`, `or`, `not`, `==` and `!=` are for truth values)
        F(a: i64) -> bool { a }
            native::type-mismatch: this is of type i64, and bool is wanted at `a` (compare it: `x != 0`)
        F(a: i64) -> i64 { if a { 1 } else { 2 } }
            native::type-mismatch: this is of type i64, and bool is wanted at `a` (compare it: `x != 0`)
        F(a: i64) -> i64 { if a > 0 { 1 } }
            native::missing-return: the end is reached, and no i64 is returned at `}` (the value of the function is that of its last expression, or what `return` says)
        F(a: i64) -> i64 { if a > 0 { 1 } else { 2.5 } }
            native::type-mismatch: this is of type f64, and i64 is wanted at `2.5` (convert it: `i64(…)`)
        F(a: i64) -> i64 { while a > 0 { a = a - 1 } }
            native::missing-return: the end is reached, and no i64 is returned at `}` (the value of the function is that of its last expression, or what `return` says)
        F() -> i64 {}
            native::missing-return: the end is reached, and no i64 is returned at `}` (the value of the function is that of its last expression, or what `return` says)
        F(a: i64) -> i64 { return }
            native::return-result: the function returns i64, and nothing stands here at `return` (write `return value`)
        F(a: i64) { return a }
            native::return-result: the function has no result at `a` (say its type behind the parameters: `-> i64`)
        F(a: i64) -> i64 { return a; a + 1 }
            native::unreachable: this is never reached at `a + 1` (leave it out, or put what comes before it into an `if`)
        F(a: i64) -> i64 { let x = return a; x }
            native::unreachable: what uses the value is never reached at `return a` (this goes on elsewhere, and comes to no value)
        F(a: i64) -> i64 { x }
            name::unknown: nothing is named `x` at `x` (`let x = …` makes a variable)
        F(a: i64) -> i64 { let y = x; let x = a; y }
            native::use-before-definition: `x` is used here, and not bound at `x` (put the `let` before it, in this block or one around it)
        F(a: i64) -> i64 { if a > 0 { let x = 1 }; x }
            native::use-before-definition: `x` is used here, and not bound at `x` (put the `let` before it, in this block or one around it)
        F(amount: i64) -> i64 { amuont }
            name::unknown: nothing is named `amuont` at `amuont` (did you mean `amount`?)
        F(a: i64) -> i64 { x = a; a }
            name::unknown: nothing is named `x` at `x` (`let x = …` makes a variable)
        F(a: i64) -> i64 { let [x] = a; x }
            native::not-supported: a native function binds names only at `[x]` (write `let name = value` or `let name: f64 = value`)
        F(a: i64) -> i64 { let x: string = a; x }
            native::unknown-type: there is no type `string` of native code at `string` (there are i8 to i64, u8 to u64, f32, f64 and bool, and vectors of numbers such as `[f64]`)
        F(a: i64) -> i64 { let x: f64 = a; 1 }
            native::type-mismatch: this is of type i64, and f64 is wanted at `a` (convert it: `f64(…)`)
        F(a: i64) -> i64 { let i64 = a; a }
            native::type-as-value: `i64` is a type, and no name for a variable at `i64` (choose another name)
        F(a: i64) -> i64 { break; a }
            native::outside-of-loop: `break` stands outside of a loop at `break` (`return` ends the function)
        F(a: i64) -> i64 { continue }
            native::outside-of-loop: `continue` stands outside of a loop at `continue` (`return` ends the function)
        F(a: i64) -> i64 { while true { break a }; a }
            native::not-supported: a loop in a native function has no value at `a` (assign it to a variable before `break`)
        F(a: i8) -> i8 { a + 128 }
            native::constant-range: 128 is no i8 at `128` (i8 goes from -128 to 127)
        F() -> u8 { -1 }
            native::constant-range: -1 is no u8 at `-1` (u8 goes from 0 to 255)
        F() -> u8 { 256 }
            native::constant-range: 256 is no u8 at `256` (u8 goes from 0 to 255)
        F() -> f32 { 16777217 }
            native::constant-range: 16777217 is no f32 at `16777217` (not every integer of this size is one: write it with a point)
        F(a: u8) -> u8 { -a }
            native::no-operation: `-` is not defined for u8 at `-a` (take a type with a sign)
        F(a: f64) -> f64 { a % 2.0 }
            native::no-operation: `%` is not defined for f64 at `a % 2.0` (write what you mean: `x - (x / y).truncate() * y`, or with `floor`)
        F(a: f64) -> f64 { a & a }
            native::no-operation: `&` is not defined for f64 at `a & a` (convert the operands first)
        F(a: f64) -> f64 { a.shift_left(1) }
            native::no-operation: `shift_left` is not defined for f64 at `a.shift_left(1)` (convert the operands first)
        F(a: i64) -> i64 { a.shift_left(1.0) }
            native::type-mismatch: a number of bits is an integer, not f64 at `1.0` (convert it: `i64(…)`)
        F(a: i64) -> i64 { a.sqrt() }
            native::no-operation: `sqrt` is not defined for i64 at `a.sqrt()` (convert it: `f64(x)`)
        F(a: i64) -> i64 { a.bit_count() }
            native::no-operation: `bit_count` is not defined for i64 at `a.bit_count()` (take the bits without a sign: `u64.wrap(x)`)
        F(a: f64) -> f64 { a.sqr() }
            native::no-operation: native code has no method `sqr` at `sqr` (did you mean `sqrt`?)
        F(a: f64) -> f64 { a.min() }
            native::argument-count: `min` takes 1 argument, not 0 at `a.min()` (see the methods of numbers)
        F(a: i64) -> i64 { g(a) }
            name::unknown: nothing is named `g` at `g` (`native fn g(…) { … }` defines it)
        F(a: i64) -> i64 { ordinary(a) }
            native::not-native: `ordinary` is no native function at `ordinary` (native functions call native functions
            let an ordinary one call both)
        F(a: i64) -> i64 { print(a) }
            name::unknown: nothing is named `print` at `print` (`native fn print(…) { … }` defines it)
        F(a: i64) -> i64 { f() }
            native::argument-count: `f` takes 1 argument, not 0 at `f()` (it is `f(a: i64) -> i64`)
        F(a: i64) -> i64 { f(a, a) }
            native::argument-count: `f` takes 1 argument, not 2 at `f(a, a)` (it is `f(a: i64) -> i64`)
        F(a: i64) -> i64 { f(1.5) }
            native::type-mismatch: this is of type f64, and i64 is wanted at `1.5` (convert it: `i64(…)`)
        F(a: i64) -> i64 { a(1) }
            native::not-native: `a` is a variable, and no function at `a` (rename the variable)
        F(a: i64) -> i64 { twize(a) }
            name::unknown: nothing is named `twize` at `twize` (did you mean `twice`?)
        F(v: [i64]) -> i64 { v }
            native::slice-misplaced: a vector is no result at `v` (return an element, or the length)
        F(v: [i64]) -> i64 { v + 1 }
            native::slice-misplaced: a vector is no value here at `v` (take an element, `v[i]`, or the length, `v.len()`, or pass the parameter itself on)
        F(v: [i64]) { v = v }
            native::not-assignable: `v` is a vector, which stays the same at `v` (change its elements: `v[i] = x`)
        F(v: [i64]) -> i64 { let w = v; 1 }
            native::slice-misplaced: a vector is no value here at `v` (take an element, `v[i]`, or the length, `v.len()`, or pass the parameter itself on)
        F(v: [i64]) -> i64 { v[0.5] }
            native::type-mismatch: an index is an integer, not f64 at `0.5` (convert it: `i64(…)`)
        F(v: [i64]) -> f64 { v[0] }
            native::type-mismatch: this is of type i64, and f64 is wanted at `v[0]` (convert it: `f64(…)`)
        F(v: [i64]) { v[0] = 1.5 }
            native::type-mismatch: this is of type f64, and i64 is wanted at `1.5` (convert it: `i64(…)`)
        F(v: [i64]) -> i64 { v.len }
            native::not-supported: a native function has no attributes at `v.len` (write `v.len()`)
        F(v: [i64]) -> i64 { sum([1]) }
            native::not-supported: a native function has no collections at `[1]` (pass a vector)
        F(v: [i64]) -> f64 { sum(v) }
            native::type-mismatch: this is of type [i64], and [f64] is wanted at `v` (`sum` is `sum(v: [f64]) -> f64`)
        F(a: i64) -> i64 { a[0] }
            native::type-mismatch: this is of type i64, and has no elements at `a` (elements have parameters that are vectors, such as `v: [f64]`)
        F(a: i64) { for x in a {} }
            native::type-mismatch: this is of type i64, and has no elements at `a` (elements have parameters that are vectors, such as `v: [f64]`)
        F(a: f64) { for i in 0.0..a {} }
            native::type-mismatch: a range has integers, not f64 at `0.0..a` (convert them: `i64(…)`)
        F(a: i64) -> bool { bool(a) }
            native::no-conversion: i64 does not become a truth value at `bool(a)` (compare it: `x != 0`)
        F(a: f64) -> i64 { i64.wrap(a) }
            native::no-conversion: `i64.wrap` does not take f64 at `i64.wrap(a)` (it takes integers
            of a floating-point number take `i64(x)` first)
        F(a: f64) -> i32 { i32.bits(a) }
            native::no-conversion: `i32.bits` does not take f64 at `i32.bits(a)` (it takes what has as many bits)
        F(a: f64) -> i64 { i64(a, a) }
            native::argument-count: `i64` takes 1 argument, not 2 at `i64(a, a)` (write `i64(x)`)
        F(a: f64) -> f64 { f64.parse(a) }
            native::no-operation: `f64` understands `wrap(x)` and `bits(x)` at `f64.parse(a)` (`i8.wrap(x)` takes the low bits, `i64.bits(x)` those of an f64)
        F() -> i64 { i64 }
            native::type-as-value: `i64` is a type, and no value at `i64` (`i64(x)` converts a number)
        F() -> i64 { nil }
            native::not-supported: a native function has no nil at `nil` (native code has numbers and truth values)
        F() -> i64 { "text" }
            native::not-supported: a native function has no texts at `"text"` (native code has numbers and truth values)
        F() -> i64 { f"{1}" }
            native::not-supported: a native function has no texts at `f"{1}"` (native code has numbers and truth values)
        F() -> i64 { [1] }
            native::not-supported: a native function has no collections at `[1]` (pass a vector)
        F() -> i64 { {1} }
            native::not-supported: a native function has no collections at `{1}` (pass a vector)
        F() -> i64 { || 1 }
            native::not-supported: a native function has no closures at `|| 1` (write a native function of its own, and call it)
        F() -> i64 { fn g() { 1 } }
            native::not-supported: a native function has no definitions within it at `fn g() { 1 }` (define it outside of the function)
        F() -> i64 { self }
            native::not-supported: a native function has no objects at `self` (read the attributes before, and pass their values)
        F() -> i64 { _ }
            native::not-supported: a native function has no objects at `_` (let an ordinary function do it)
        F() -> i64 { new vector [] }
            native::not-supported: a native function has no objects at `new vector []` (read the attributes before, and pass their values)
        F() -> i64 { try { 1 } catch e { 2 } }
            native::not-supported: a native function has no `try` and `raise` at `try { 1 } catch e { 2 }` (return a number that tells what went wrong)
        F() -> i64 { raise 1 }
            native::not-supported: a native function has no `try` and `raise` at `raise 1` (return a number that tells what went wrong)
        F(a: i64) -> i64 { match a { _ => 1 } }
            native::not-supported: a native function has no `match` at `match a { _ => 1 }` (write `if … else if …`)
        F(a: i64) -> i64 { a.x }
            native::not-supported: a native function has no objects at `a.x` (read the attributes before, and pass their values)
        F(a: i64) -> i64 { a.x = 1; a }
            native::not-supported: native code has no objects at `a.x` (variables are changed, and elements of vectors)
        F(a: i64) -> i64 { (a)(1) }
            native::not-supported: this can not be called here at `(a)` (native functions are called by their names)
        F(a: i64) -> i64 { (0..a) }
            native::not-supported: a native function has no ranges as values at `0..a` (`for i in a..b { … }` goes through one)
        F(a: i64) -> i64 { let x = a = 1; a }
            native::no-value: this has no value at `a = 1` (an assignment has no value: write it on a line of its own)
        F(a: i64) -> i64 { variable + a }
            native::not-supported: `variable` stands for something outside, which native code does not see at `variable` (pass its value as an argument)
        F(a: i64) -> i64 { let x = nope; x + 1 }
            name::unknown: nothing is named `nope` at `nope` (`let nope = …` makes a variable)
        F(a) -> i64 { a }
            syntax::expected-token: expected `:` and a type, found `)` at `)` (a parameter of a native function has a type: `name: i64`)
        F(a: ) { }
            syntax::expected-name: expected a type, found `)` at `)`
        F(a: []) { }
            syntax::expected-name: a vector has one type of elements, not 0 at `[]` (write the type of a vector as `[f64]`)
        F(a: i64) -> { a }
            syntax::expected-name: expected a type, found `{` at `{`
        F a: i64 { a }
            syntax::expected-token: expected `(`, found `a` at `a` (write `native fn name(parameter: type) -> type { … }`)
            syntax::missing-separator: expected a new line or `;`, found `:` at `:` (put a new line or `;` between two expressions)
        native fn (a: i64) { }
            syntax::expected-name: expected a name for the native function, found `(` at `(`
        fn g() { native fn h() { } }
            native::misplaced: a native function has a global name, and sees no variables at `native` (define it outside of all blocks and classes, and call it here)
        do { native fn h() { } }
            native::misplaced: a native function has a global name, and sees no variables at `native` (define it outside of all blocks and classes, and call it here)
        class c { native fn h() { } }
            syntax::misplaced-statement: a method is not native at `native` (define the native function outside of the class, and call it in the method)
    "#]].assert_eq(&printed);
}

/// All mistakes of a function are found together, and none that only follows from another.
#[test]
fn mistakes_are_found_together() {
    with_session(|m, session| {
        let text = "native fn f(a: i64) -> i64 {
            let x = nope
            let y: i8 = 1000
            if a { y = 2 }
            x + y
        }
        native fn g(a: i63) { h(a) }";
        expect![[r#"
            native::unknown-type: there is no type `i63` of native code at `i63` (did you mean `i64`?)
            name::unknown: nothing is named `nope` at `nope` (`let nope = …` makes a variable)
            native::constant-range: 1000 is no i8 at `1000` (i8 goes from -128 to 127)
            native::type-mismatch: this is of type i64, and bool is wanted at `a` (compare it: `x != 0`)"#]]
        .assert_eq(&eval(m, session, text).replace("; ", "\n"));
    });
}
