//! Merges that conflict: the markers stand around the lines that differ and name the object, the rest is merged.

use crate::stage::Stage;

/// Merges, which must conflict, and returns what was said.
fn conflict(stage: &Stage) -> String {
    let merged = stage.try_git("merge --no-edit theirs");
    assert!(!merged.ok, "{}{}", merged.text, merged.errors);
    format!("{}{}", merged.text, merged.errors)
}

/// Returns the lines between the markers of the first conflict: ours, and theirs.
fn first_hunk(text: &str) -> (Vec<&str>, Vec<&str>) {
    let mut lines = text.lines().skip_while(|line| !line.starts_with("<<<<<<< ")).skip(1);
    let ours = lines.by_ref().take_while(|line| *line != "=======").collect();
    let theirs = lines.take_while(|line| !line.starts_with(">>>>>>> ")).collect();
    (ours, theirs)
}

#[test]
fn one_attribute_changed_differently_conflicts_in_its_line_only() {
    let stage = Stage::shop();
    stage.fork(
        |stage| stage.dump(&["apple.price = 4", "pear.price = 6"]),
        |stage| stage.dump(&["apple.price = 5", "quince.price = 8"]),
    );
    let said = conflict(&stage);
    assert!(said.contains("apple (_") && said.contains("price (_"), "{said}");
    let text = stage.read("user.json");
    assert_eq!(text.matches("<<<<<<< ").count(), 1, "{text}");
    let (ours, theirs) = first_hunk(&text);
    assert_eq!((ours.len(), theirs.len()), (1, 1), "{text}");
    assert!(ours[0].ends_with(":4") && theirs[0].ends_with(":5"), "{text}");
    let marker = text.lines().find(|line| line.starts_with("<<<<<<< ")).expect("there is one");
    assert!(marker.contains("apple (_") && marker.contains("price (_"), "{marker}");
    let checked = stage.try_rps("check shop");
    assert!(checked.text.contains("store::conflict-markers"), "{checked:?}");
    // Nothing that is not resolved is committed.
    stage.git("add --all .");
    assert!(!stage.try_git("commit --no-edit").ok);
    stage.edit("user.json", |text| {
        let mut inside = 0;
        let kept = text.lines().filter(|line| {
            match line.get(..7) {
                Some("<<<<<<<") => inside = 1,
                Some("=======") => inside = 2,
                Some(">>>>>>>") => inside = 3,
                _ => {}
            }
            let is_marker = ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|marker| line.starts_with(marker));
            !is_marker && inside != 2
        });
        kept.map(|line| format!("{line}\n")).collect()
    });
    stage.git("add --all .");
    stage.git("commit --no-edit");
    stage.sound();
    assert_eq!(stage.value("[apple.price, pear.price, quince.price]"), "[4, 6, 8]");
}

#[test]
fn a_change_against_a_removal_conflicts() {
    let stage = Stage::shop();
    let remove = |stage: &Stage| {
        stage.edit("user.json", |text| without(&text, &stage.value("quince.oid()")));
        stage.rps("seal shop");
    };
    let oid = stage.value("quince.oid()");
    assert!(oid.contains('_'), "{oid}");
    stage.edit("user.json", |text| text.replacen(&format!(",\"value\":{}\n", quoted(&oid)), "", 1));
    stage.rps("seal shop");
    stage.commit("no name");
    stage.git("branch --force main");
    let bare = oid.trim_matches('"').to_owned();
    let _ = remove;
    stage.fork(
        |stage| {
            stage.edit("user.json", |text| without(&text, &bare));
            stage.rps("seal shop");
        },
        |stage| {
            stage.edit("user.json", |text| text.replace(":7\n", ":9\n"));
            stage.rps("seal shop");
        },
    );
    let said = conflict(&stage);
    assert!(said.contains("removed by us"), "{said}");
    let text = stage.read("user.json");
    let (ours, theirs) = first_hunk(&text);
    assert!(ours.iter().all(|line| !line.contains(&bare)), "{text}");
    assert!(
        theirs.iter().any(|line| line.contains(&bare)) && theirs.iter().any(|line| line.ends_with(":9")),
        "{text}"
    );
}

fn quoted(oid: &str) -> String {
    format!("\"{}\"", oid.trim_matches('"'))
}

/// Returns a space file without the record of an object.
fn without(text: &str, oid: &str) -> String {
    let start = text.find(&format!("{{\"oid\":\"{}\"", oid.trim_matches('"'))).expect("the record is there");
    let end = text[start..].find("\n}").expect("it ends") + start + 2;
    let is_last = !text[end..].starts_with(',');
    match is_last {
        false => format!("{}{}", &text[..start], &text[end + 2..]),
        true => format!("{}{}", text[..start].trim_end_matches(",\n"), &text[end..]),
    }
}

#[test]
fn one_line_of_a_function_changed_differently_conflicts_in_that_line() {
    let stage = Stage::shop();
    let edit = |to: &'static str| {
        move |stage: &Stage| {
            stage.edit("user.json", |text| text.replace("let cents = 10", to));
            stage.rps("seal shop");
        }
    };
    stage.fork(edit("let cents = 20"), edit("let cents = 30"));
    conflict(&stage);
    let text = stage.read("user.json");
    assert_eq!(first_hunk(&text), (vec![",\"  let cents = 20\""], vec![",\"  let cents = 30\""]));
    let preview = stage.rps("merge --preview theirs");
    assert!(preview.contains("source: changed differently on both sides"), "{preview}");
}

#[test]
fn a_class_that_gets_two_superclasses_conflicts() {
    let stage = Stage::shop();
    stage.dump(&["class fruit {}", "class thing {}", "class melon {}"]);
    stage.commit("classes");
    stage.git("branch --force main");
    stage.fork(
        |stage| stage.dump(&["class ripe : fruit {}", "melon.set_superclass(fruit)"]),
        |stage| stage.dump(&["class round : thing {}", "melon.set_superclass(thing)"]),
    );
    let said = conflict(&stage);
    assert!(said.contains("melon (_") && said.contains("superclass"), "{said}");
}

#[test]
fn an_object_that_one_side_removes_and_the_other_refers_to_anew_conflicts() {
    let stage = Stage::shop();
    let oid = stage.value("quince.oid()");
    stage.edit("user.json", |text| text.replacen(&format!(",\"value\":{}\n", quoted(&oid)), "", 1));
    stage.rps("seal shop");
    stage.commit("no name");
    stage.git("branch --force main");
    stage.fork(
        |stage| {
            stage.edit("user.json", |text| without(&text, &oid));
            stage.rps("seal shop");
        },
        |stage| {
            stage.edit("user.json", |text| text.replacen(":\"red\"", &format!(":{}", quoted(&oid)), 1));
            stage.rps("seal shop");
        },
    );
    let said = conflict(&stage);
    assert!(said.contains("removed by us, and changed or referred to by them"), "{said}");
}
