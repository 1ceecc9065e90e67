//! Where a program is cut in two, to be run in two processes.

use rps_lang::syntax::ast::ExpressionKind;
use rps_lang::syntax::parse;
use rps_tests::golden::Case;

/// Returns the part that defines and the part that goes on after the reload. Each has white space in the place of the
/// other, so that both have the lines and columns of the whole.
///
/// Without a line that says where, the cut is after the definitions with which the program begins.
pub(crate) fn split(case: &Case) -> (String, String) {
    let program = case.program();
    let at = case.reload().unwrap_or_else(|| definitions(&program)).min(program.len());
    let (first, second) = program.split_at(at);
    let blank = first.chars().map(|c| if c == '\n' { c } else { ' ' }).collect::<String>();
    (first.to_owned(), blank + second)
}

/// Returns the texts that a session evaluates one after the other: two, where the case says so.
pub(crate) fn texts(case: &Case) -> Vec<String> {
    match case.reload() {
        None => vec![case.program()],
        Some(_) => <[String; 2]>::from(split(case)).into(),
    }
}

/// Returns where the definitions end with which a program begins.
fn definitions(program: &str) -> usize {
    let parsed = parse(program);
    if parsed.has_errors() {
        return 0;
    }
    let statements = parsed.program.statements.iter();
    let defines = |kind: &ExpressionKind| match kind {
        ExpressionKind::Function(function) => function.name.is_some(),
        kind => matches!(kind, ExpressionKind::Class(_)),
    };
    let last = statements.take_while(|statement| defines(&statement.kind)).last();
    last.map_or(0, |statement| statement.span.end as usize)
}

#[test]
fn a_program_is_cut_after_its_first_definitions() {
    let cut = |text: &str| {
        let file = rps_tests::golden::parse(&format!("--- a case\n{text}\n=> nil\n")).expect("a case");
        split(&file.cases[0])
    };
    assert_eq!(cut("1 + 2"), (String::new(), "1 + 2".into()));
    assert_eq!(cut("fn f() { 1 }\nf()"), ("fn f() { 1 }".into(), format!("{}\nf()", " ".repeat(12))));
    assert_eq!(cut("class é { }; 2"), ("class é { }".into(), format!("{}; 2", " ".repeat(11))));
    assert_eq!(
        cut("let a = 1\n---- reload\nfn f() { a }"),
        ("let a = 1\n".into(), "         \n\nfn f() { a }".into())
    );
    assert_eq!(cut("fn f( { 1 }\nf()").0, "");
}
