//! Precedence, and RefPerSys's designed grammar.

use crate::check_line;

#[test]
fn each_level_binds_tighter_than_the_one_before() {
    check_line("a = b or c", "(= a (or b c))");
    check_line("a or b and c", "(or a (and b c))");
    check_line("a and b or c", "(or (and a b) c)");
    check_line("not a and b", "(and (not a) b)");
    check_line("not a == b", "(not (== a b))");
    check_line("a == b..c", "(== a (range b c))");
    check_line("a..b | c", "(range a (| b c))");
    check_line("0..n - 1", "(range 0 (- n 1))");
    check_line("a | b & c", "(| a (& b c))");
    check_line("a & b + c", "(& a (+ b c))");
    check_line("a + b * c", "(+ a (* b c))");
    check_line("a * b + c", "(+ (* a b) c)");
    check_line("-a * b", "(* (neg a) b)");
    check_line("-a.b", "(neg (attribute a b))");
    check_line("-2.abs()", "(neg (send 2 abs))");
    check_line("- a[0] => f()", "(neg (=> (component a 0) f))");
    check_line("!a == b", "(== (not a) b)");
    check_line("!a.b", "(not (attribute a b))");
    check_line("not not a", "(not (not a))");
    check_line("a + -b", "(+ a (neg b))");
    check_line("a - -b", "(- a (neg b))");
    check_line("a--b", "(- a (neg b))");
}

#[test]
fn rows_group_to_the_left_and_assignments_to_the_right() {
    check_line("a - b - c", "(- (- a b) c)");
    check_line("a / b * c % d", "(% (* (/ a b) c) d)");
    check_line("a || b or c", "(or (or a b) c)");
    check_line("a && b and c", "(and (and a b) c)");
    check_line("a | b | c", "(| (| a b) c)");
    check_line("a = b = c", "(= a (= b c))");
    check_line("(a < b) < c", "(< (paren (< a b)) c)");
}

#[test]
fn assignments() {
    check_line("x = 1", "(= x 1)");
    check_line("p.x = 10", "(= (attribute p x) 10)");
    check_line("p.(a) = 10", "(= (computed-attribute p a) 10)");
    check_line("p[0] = 10", "(= (component p 0) 10)");
    check_line("p.q[1].r = |x| x", "(= (attribute (component (attribute p q) 1) r) (closure (x) x))");
    check_line("p._41OFI3r0S1t03qdB2E = nil", "(= (attribute p _41OFI3r0S1t03qdB2E) nil)");
}

/// Features §10.2: the grammar of doc/repl.md, rule by rule.
#[test]
fn refpersys_designed_grammar() {
    // expression = disjunction { "||" disjunction }; disjunction = conjunction { "&&" conjunction }
    check_line("a || b && c || d", "(or (or a (and b c)) d)");
    // conjunction = comparand [ cmpop comparand ]
    for operator in ["<", ">", "<=", ">=", "==", "!="] {
        check_line(&format!("a + 1 {operator} b * 2"), &format!("({operator} (+ a 1) (* b 2))"));
        check_line(&format!("a {operator} b && c"), &format!("(and ({operator} a b) c)"));
    }
    // sum = product { ("+"|"-") product }; product = factor { ("*"|"/"|"%") factor }
    check_line("1+2*3-4/5%6", "(- (+ 1 (* 2 3)) (% (/ 4 5) 6))");
    // factor = primary { complement }
    check_line("a.b._41OFI3r0S1t03qdB2E", "(attribute (attribute a b) _41OFI3r0S1t03qdB2E)");
    check_line("a.(b + c)", "(computed-attribute a (+ b c))");
    check_line("a => put(b, 1) => get(b)", "(=> (=> a put b 1) get b)");
    check_line("2 * a.b => f()", "(* 2 (=> (attribute a b) f))");
    // primary = int | double | string | object | "(" expression ")" | set | tuple | code chunk
    check_line("(1 + 2.5) * 3", "(* (paren (+ 1 2.5)) 3)");
    check_line("{}", "(set)");
    check_line("{the_agenda, _41OFI3r0S1t03qdB2E}", "(set the_agenda _41OFI3r0S1t03qdB2E)");
    check_line("[1, \"two\", 3.0]", "(tuple 1 \"two\" 3.0)");
    check_line("#{ $x }#", "(chunk \" \" $x \" \")");
    check_line("f => apply([1], {})", "(=> f apply (tuple 1) (set))");
}
