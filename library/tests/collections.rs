//! What everything iterable understands, vectors, dictionaries, sets, ranges.

#![forbid(unsafe_code)]

#[allow(dead_code, reason = "each test uses a part")]
mod common;

use common::{check, check_failure};

/// A class whose instances are iterated by asking them.
const COUNTDOWN: &str = "class countdown { n
    fn has_next() { self.n > 0 }
    fn next() { self.n = self.n - 1; self.n }
}
class from { n
    fn iterator() { new countdown { n: self.n } }
}
";

#[test]
fn what_makes_collections_keeps_their_kind() {
    check(&[
        ("[1, 2].map(|x| x * 2)", "[2, 4]"),
        ("{1, -1, 2}.map(|x| x * x)", "{1, 4}"),
        ("let v = (new vector [1, 2]).map(|x| x * 2); [v.class == vector, v.to_tuple()]", "[true, [2, 4]]"),
        ("(new mutable_set [1, 2]).filter(|x| x > 1)", "{2}"),
        ("(new dict [\"b\": 1, \"a\": 2]).map(|k| k + \"!\")", r#"["a!", "b!"]"#),
        ("(0..4).reject(|x| x == 2)", "[0, 1, 3]"),
        ("\"añb\".filter(|c| c != \"a\")", r#"["ñ", "b"]"#),
        ("{3, 1}.reverse()", "[3, 1]"),
        ("[[1], [2, 3]].flat_map(|x| x)", "[1, 2, 3]"),
        ("[].map(|x| x)", "[]"),
        ("let o = new object; o.push(5); o.push(6); o.map(|x| x + 1)", "[6, 7]"),
    ]);
    let own = format!(
        "{COUNTDOWN}[(new countdown {{ n: 3 }}).map(|x| x), (new from {{ n: 2 }}).to_set(), (new from {{ n: 3 }}).sort()]"
    );
    assert_eq!(common::eval(&own), "[[2, 1, 0], {0, 1}, [0, 1, 2]]");
}

#[test]
fn elements_are_summed_up() {
    check(&[
        ("[1, 2, 3].fold(10, |a, b| a - b)", "4"),
        (
            "[[].reduce(|a, b| a + b), [7].reduce(|a, b| a + b), [1, 2, 3].reduce(|a, b| a * 10 + b)]",
            "[nil, 7, 123]",
        ),
        ("[[].sum(), [1, 2.5].sum(), [\"a\", \"b\"].sum(), [[1], [2]].sum()]", r#"[0, 3.5, "ab", [1, 2]]"#),
        ("[[].product(), [2, 3].product()]", "[1, 6]"),
        ("[[3, 1, 2].min(), [3, 1, 2].max(), [].min(), \"hello\".max()]", r#"[1, 3, nil, "o"]"#),
        (
            "[[\"ccc\", \"a\", \"b\"].min_by(|x| x.len()), [\"a\", \"bb\", \"cc\"].max_by(|x| x.len())]",
            r#"["a", "bb"]"#,
        ),
        ("[1, \"a\"].min()", "<run::wrong-kind>"),
        (
            "[(0..5).any(|x| x == 4), (0..5).all(|x| x < 4), (0..5).none(|x| x > 9), [].all(|x| nil)]",
            "[true, false, true, true]",
        ),
        ("(0..10).count(|x| x % 3 == 0)", "4"),
        (
            "[[1, 5].find(|x| x > 2), [1].find(|x| x > 2), [1, 5].find_index(|x| x > 2), [1].index_of(2), [1, 2].index_of(2.0)]",
            "[5, nil, 1, nil, 1]",
        ),
        (
            "[[1, 2].contains(2.0), {1}.contains(5), (3..3).is_empty(), [1].is_empty(), [nil].first()]",
            "[true, false, true, false, nil]",
        ),
        ("[(5..8).first(), (5..8).last(), [].first(), [].last()]", "[5, 7, nil, nil]"),
    ]);
}

#[test]
fn elements_are_arranged() {
    check(&[
        ("[3, \"a\", nil, 1.5, 1].sort()", r#"[nil, 1, 1.5, 3, "a"]"#),
        ("[3, 1, 2].sort(|a, b| a > b)", "[3, 2, 1]"),
        ("[3, 1, 2].sort(|a, b| b - a)", "[3, 2, 1]"),
        ("(0..100).sort(|a, b| a % 10 < b % 10).take(12)", "[0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 1, 11]"),
        ("(0..50).sort_by(|x| -x).first()", "49"),
        ("[\"ccc\", \"a\", \"bb\", \"d\"].sort_by(|x| x.len())", r#"["a", "d", "bb", "ccc"]"#),
        ("(0..50).sort_by(|x| x % 2).slice(24, 26)", "[48, 1]"),
        ("[1, 2].sort_by(|x| raise \"no\")", "<run::raised>"),
        ("[1, 2].sort(|a, b| nil)", "<run::wrong-kind>"),
        ("[1, 2].sort(|a| true)", "<run::arity>"),
        ("[1, 2].sort(|a, b| raise \"no\")", "<run::raised>"),
        ("fn f() { [2, 1].sort(|a, b| do { return \"out\" }); \"end\" }; f()", "\"out\""),
        ("(new vector [2, 1]).sort().class == vector", "true"),
        ("let g = (0..6).group_by(|x| x % 3); [g.keys(), g[1]]", "[[0, 1, 2], [1, 4]]"),
        ("(0..5).partition(|x| x < 2)", "[[0, 1], [2, 3, 4]]"),
        ("{1, 2}.partition(|x| x > 1)", "[{2}, {1}]"),
        (
            "[[1, 2, 3].zip(\"ab\"), \"ab\".zip([1, 2, 3]), [].zip([])]",
            r#"[[[1, "a"], [2, "b"]], [["a", 1], ["b", 2]], []]"#,
        ),
        ("\"ab\".enumerate()", r#"[[0, "a"], [1, "b"]]"#),
        (
            "[(0..9).take(2), [1].take(5), [1, 2, 3].drop(1), [1].drop(4), [1].take(0), [1].take(-1)]",
            "[[0, 1], [1], [2, 3], [], [], []]",
        ),
        ("[[1, 5, 1].take_while(|x| x < 3), [1, 5, 1].drop_while(|x| x < 3)]", "[[1], [5, 1]]"),
        (
            "[(0..5).chunks(2), [].chunks(3), (0..4).windows(3), [1].windows(2)]",
            "[[[0, 1], [2, 3], [4]], [], [[0, 1, 2], [1, 2, 3]], []]",
        ),
        ("[1].chunks(0)", "<library::negative>"),
        ("[1].windows(0)", "<library::negative>"),
        ("[1, [2, [3]], {4}, new vector [5], \"six\"].flatten()", r#"[1, 2, [3], 4, 5, "six"]"#),
        ("[2, 1, 2, 2.0].unique()", "[2, 1, 2.0]"),
        ("[[\"a\", 1]].to_dict().entries()", r#"[["a", 1]]"#),
        ("[1].to_dict()", "<library::no-pair>"),
        ("3.map(|x| x)", "<run::wrong-kind>"),
    ]);
}

#[test]
fn closures_return_from_their_home_through_the_library() {
    check(&[
        ("fn f(s) { s.each(|x| if x > 1 { return x }); nil }; f([1, 2, 3])", "2"),
        (
            "fn f(s) { s.map(|x| do { if x == 2 { return \"two\" }; x }) }; [f([1, 3]), f({1, 2})]",
            r#"[[1, 3], "two"]"#,
        ),
        ("fn f() { 10.times(|i| if i == 3 { return i }); -1 }; f()", "3"),
        ("try { [1, 0].map(|x| 1 / x) } catch e { e.code }", "\"run::division-by-zero\""),
    ]);
    check_failure("[1].each(1)", "run::not-applicable", "int can not be applied");
}

#[test]
fn vectors_change() {
    check(&[
        ("let v = new vector []; v.push(1).push(2); [v.pop(), v.pop(), v.pop(), v.len()]", "[2, 1, nil, 0]"),
        (
            "let v = new vector [1, 2, 3]; v.insert(1, 9).insert(4, 8).insert(-1, 7); v.to_tuple()",
            "[1, 9, 2, 3, 7, 8]",
        ),
        ("(new vector []).insert(1, 0)", "<run::no-such-element>"),
        ("let v = new vector [1, 2, 3]; [v.remove_at(-1), v.remove_at(0), v.to_tuple()]", "[3, 1, [2]]"),
        ("(new vector []).remove_at(0)", "<run::no-such-element>"),
        ("let v = new vector [1, 2, 1]; [v.remove(1.0), v.remove(7), v.to_tuple()]", "[true, false, [2, 1]]"),
        ("(new vector [1, 2, 3]).swap(0, -1).to_tuple()", "[3, 2, 1]"),
        ("(new vector [1, 2]).fill(nil).to_tuple()", "[nil, nil]"),
        ("let v = new vector [1, 2, 3]; v.resize(1); v.resize(3, \"x\"); v.to_tuple()", r#"[1, "x", "x"]"#),
        ("(new vector []).resize(-1)", "<library::negative>"),
        ("new_vector(4000000000000)", "<library::too-large>"),
        (
            "[new_vector(2).to_tuple(), new_vector(2, []).to_tuple(), new_vector(0).len()]",
            "[[nil, nil], [[], []], 0]",
        ),
        (
            "let v = new vector [1]; v.extend({2, 3}).extend(v).extend(\"x\"); v.to_tuple()",
            r#"[1, 2, 3, 1, 2, 3, "x"]"#,
        ),
        ("let v = new vector [3, 1, 2]; v.sort_in_place(); v.reverse_in_place(); v.to_tuple()", "[3, 2, 1]"),
        (
            "let v = new vector [3, 1, 2]; let w = v.copy(); w.push(4); [v.len(), w.len(), w.class == vector]",
            "[3, 4, true]",
        ),
        (
            "let v = new vector [1, 2, 3]; [v.slice(1).to_tuple(), v.at(-1), v.put(0, 5)[0], v.clear().len()]",
            "[[2, 3], 3, 5, 0]",
        ),
        ("(new vector [1]).put(1, 5)", "<run::no-such-element>"),
        (
            "let v = new vector [1, [2, \"x\"]]; [v.to_string(), f\"{v}\", f\"{[v].join()}\"]",
            r#"["[1, [2, x]]", "[1, [2, x]]", "[1, [2, x]]"]"#,
        ),
        ("let v = new mutable_object_vector [int]; v.push(3)", "<run::wrong-kind>"),
        ("let v = new mutable_object_vector [int]; v.extend([nil, set]).len()", "3"),
        ("let v = new mutable_object_vector []; v.fill(1)", "<run::wrong-kind>"),
        ("let v = new vector []; v.push(v); f\"{v}\"", "\"[…]\""),
    ]);
}

#[test]
fn dictionaries_find_by_key() {
    check(&[
        (
            "let d = new dict [3: \"i\", 3.0: \"d\"]; [d.get(3), d.get(3.0), d.get(4), d.get_or(4, 0), d.len()]",
            r#"["i", "d", nil, 0, 2]"#,
        ),
        (
            "let d = new dict [\"a\": nil]; [d.has(\"a\"), d.has(\"b\"), d.remove(\"a\"), d.remove(\"a\"), d.len()]",
            "[true, false, nil, nil, 0]",
        ),
        (
            "let d = new dict [\"b\": 1, \"a\": 2]; [d.keys(), d.values(), d.entries()]",
            r#"[["a", "b"], [2, 1], [["a", 2], ["b", 1]]]"#,
        ),
        ("(new dict [\"a\": 1]).merge(new dict [\"a\": 2, \"b\": 3]).values()", "[2, 3]"),
        ("let d = new dict []; \"abca\".each(|c| d.update(c, 0, |n| n + 1)); d.values()", "[2, 1, 1]"),
        (
            "let d = new dict [\"a\": 1]; let c = d.copy().put(\"b\", 2); [d.len(), c.len(), d.clear().len()]",
            "[1, 2, 0]",
        ),
        ("(new dict [])[\"x\"]", "<run::no-such-key>"),
        (
            "let d = new string_dictionary {}; d.put(\"k\", 1); [d.keys(), d.entries(), d.get(3), d.remove(\"k\"), d.len()]",
            r#"[["k"], [["k", 1]], nil, 1, 0]"#,
        ),
        ("(new string_dictionary {}).put(3, 1)", "<run::wrong-kind>"),
        ("let d = new objmap {}; d.put(int, 1); [d.get(int), d.get(3), d.len()]", "[1, nil, 1]"),
        ("f\"{new dict [1: [2]]}\"", "\"[1: [2]]\""),
        (
            "let v = new vector []; (new dict [\"a\": 1]).each_entry(|k, x| v.push([k, x])); v.to_tuple()",
            r#"[["a", 1]]"#,
        ),
        ("(new dict []).merge([1])", "<run::wrong-kind>"),
    ]);
}

#[test]
fn sets_and_ranges() {
    check(&[
        (
            "[{1, 2}.union([2, 3]), {1, 2}.intersection(2..9), {1, 2}.difference({2}), {1}.is_subset([1, 2])]",
            "[{1, 2, 3}, {2}, {1}, true]",
        ),
        ("[{1}.with(0), {1, 2}.without(1), {}.with(nil)]", "[{0, 1}, {2}, {nil}]"),
        (
            "let s = new mutable_set [2]; s.add(1).add(2); [s.len(), s.has(2), s.remove(2), s.remove(2), s.to_tuple()]",
            "[2, true, true, false, [1]]",
        ),
        (
            "let s = new mutable_set [1]; [s.union({2}), s.extend([5]).copy().add(6).len(), s.len(), f\"{s}\", s.clear().len()]",
            r#"[{1, 2}, 3, 2, "{1, 5}", 0]"#,
        ),
        (
            "[(2..5).start(), (2..5).end(), (2..5).len(), (5..2).len(), (2..5).has(4), (2..5).has(5), (2..5).has(2.0)]",
            "[2, 5, 3, 0, true, false, false]",
        ),
        ("[(0..10).step(4), (0..0).step(1), (2..5).reverse()]", "[[0, 4, 8], [], [4, 3, 2]]"),
        ("(0..1).step(0)", "<library::negative>"),
        ("(0..4000000000000).step(1)", "<library::too-large>"),
        (
            "[[1, 2, 3].slice(1), [1, 2, 3].slice(-2, -1), [1, 2, 3].slice(5), [1].at(0)]",
            "[[2, 3], [2], [], 1]",
        ),
        ("{1}.union(3)", "<run::wrong-kind>"),
    ]);
}
