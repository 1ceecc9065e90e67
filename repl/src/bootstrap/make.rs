//! What is in the bootstrap spaces. The objects of [`known`] are described here; the rest is named here.

use std::path::Path;
use std::sync::Arc;
use std::{env, fs};

use rps_persist::vfs::{RealVfs, Vfs};
use rps_persist::{Access, Store};
use rps_runtime::object::{ObjectRef, Payload};
use rps_runtime::{Mutator, Oid, Runtime, Value, known};

use super::{FILES, USER_SPACE, load};

/// When the objects say that they were made: the first day of 2026.
const MADE: i64 = 176_722_560_000;

/// What each known class is for.
const CLASSES: &[(Oid, &str)] = &[
    (known::VALUE, "Everything is an instance of this class or of one below."),
    (known::OBJECT, "Objects: they have an identity, and they change."),
    (known::CLASS, "Classes: a superclass, and methods by selector."),
    (known::SYMBOL, "Symbols: a unique name, and what it stands for."),
    (known::NAMED_ATTRIBUTE, "Symbols that are used as attributes."),
    (known::NAMED_SELECTOR, "Symbols that are used as selectors."),
    (known::SPACE, "Spaces: the objects that name one are kept together, in files of their own."),
    (known::NIL, "The class of nil, its only instance."),
    (known::BOOLEAN, "The class of true and false."),
    (known::INT, "Integers, exact and of any size."),
    (known::DOUBLE, "Floating-point numbers of 64 bits, as IEEE 754 has them."),
    (known::STRING, "Immutable texts in UTF-8."),
    (known::SET, "Immutable sets, in order and without duplicates."),
    (known::TUPLE, "Immutable sequences."),
    (known::CLOSURE, "A function with the values that it captured."),
    (known::INSTANCE, "Immutable records: a class, attributes, components."),
    (known::JSON, "Immutable JSON values."),
    (known::FUNCTION, "Objects that can be applied to arguments."),
    (known::CORE_FUNCTION, "Functions that are part of the runtime."),
    (known::MUTABLE_SET, "Objects that hold a set which changes."),
    (known::OBJECT_VECTOR, "Objects that hold a sequence of objects which changes."),
    (known::VALUE_VECTOR, "Objects that hold a sequence of values which changes."),
    (known::STRING_DICTIONARY, "Objects that hold values by string."),
    (known::DICTIONARY, "Objects that hold values by any value."),
    (known::STRING_BUFFER, "Objects that hold a text under construction."),
    (known::OBJECT_MAP, "Objects that hold values by object."),
    (known::ENVIRONMENT, "Object maps with another one to ask next."),
    (known::AGENDA, "What is to be done, by priority."),
    (known::TASKLET, "Something to be done once."),
    (known::RANGE, "Integers from one up to another, which is not among them: `a..b`."),
    (known::ERROR, "What `catch` is given for an error of the runtime: `code`, `message`, `hint`, `trace`."),
    (known::VARIABLE, "What a captured name that is assigned to refers to: closures share the value."),
];

/// What each attribute of errors is, in the order of [`known::ERROR_ATTRIBUTES`].
const ERROR_ATTRIBUTES: [&str; 4] = [
    "The stable code of an error, such as `run::arity`.",
    "What went wrong.",
    "What to do about it, or nil.",
    "Where it went wrong: the calls that were under way, the innermost first.",
];

/// The selectors of the native methods, with oids of their own.
const SELECTORS: &[(&str, &str, &str)] = &[
    ("_2zsNjyWw81kPj6UvQQ", "abs", "The number without its sign."),
    ("_6cf6rlE5Q61kU9OaRk", "difference", "What is in this set and not in the other."),
    ("_7CtuliEUaYVV71HW6U", "get", "The value of an attribute, or nil."),
    ("_3Q8wYxFSyV32XD6vKF", "has", "Whether there is such an attribute, or such an element."),
    ("_0Hdg3EyKGYhbU2aHhk", "hash", "The hash by which dictionaries find the value."),
    ("_60gwNY3zUIW27Uscyb", "is_a", "Whether the value is an instance of a class or of one below it."),
    ("_5nlErpii5WY3e73cZs", "is_subclass_of", "Whether the class is another one or inherits from it."),
    ("_5WOnqI4ewQrQvd9osx", "len", "How many elements, components or characters there are."),
    ("_3LtLD7uc0lBEfjkyLa", "oid", "The oid as a string."),
    ("_3U8QIcFePfmI0UoMvL", "pop", "Takes the last component away, and gives it."),
    ("_6BlzAOOAQOKY0jSuDW", "push", "Adds an element or a component."),
    ("_757Cn9pGT8TCULP75Y", "remove", "Takes an attribute away, and gives the value that it had."),
    ("_1eWJdm8EIAgFUa0rPj", "sqrt", "The square root, as a double."),
    ("_2Xq73KK1skXecMe0uc", "superclass", "The class that this one inherits from."),
    ("_9ZEEIcCLF2Tvsz5a83", "to_double", "The double nearest to the integer."),
    ("_8wobXGkoiwEwD9eoaE", "to_int", "The integer part of the double."),
];

fn make() -> Runtime {
    let runtime = Runtime::new();
    runtime.set_clock(Some(MADE));
    runtime.enter(|m| {
        let core = space(m, known::INITIAL_SPACE, "core", "What every store begins with.");
        let user = space(m, USER_SPACE, "user", "What is made at the prompt and in scripts.");
        core.set_space(m, Some(core));
        user.set_space(m, Some(user));
        for known in known::CLASSES {
            let text = CLASSES.iter().find(|(class, _)| *class == known.class).expect("each has a comment").1;
            let class = m.class(known.class);
            comment(m, class, text);
            class.set_space(m, Some(core));
            keep(m, m.object(known.symbol).expect("classes have symbols"), core);
        }
        for oid in [known::NAME, known::COMMENT] {
            keep(m, m.object(oid).expect("the runtime knows it"), core);
        }
        comment(m, m.object(known::NAME).expect("known"), "The attribute for what an object is called.");
        comment(
            m,
            m.object(known::COMMENT).expect("known"),
            "The attribute for what is to be said about an object.",
        );
        for ((name, oid), text) in known::ERROR_ATTRIBUTES.into_iter().zip(ERROR_ATTRIBUTES) {
            let attribute = m.object(oid).expect("the runtime knows it");
            assert_eq!(m.symbol(name), Some(attribute));
            comment(m, attribute, text);
            keep(m, attribute, core);
        }
        for (oid, name, text) in SELECTORS {
            let selector = m.object_or_skeleton(Oid::parse(oid).expect("an oid"));
            selector.set_class(m, m.class(known::NAMED_SELECTOR)).expect("a class");
            m.install_symbol(selector, name, Value::NIL, false).expect("a new name");
            comment(m, selector, text);
            keep(m, selector, core);
        }
        m.add_root(core);
        m.add_root(user);
    });
    runtime
}

fn space(m: &Mutator<'_>, oid: Oid, name: &str, text: &str) -> ObjectRef {
    let space = m.object_or_skeleton(oid);
    space.set_class(m, m.class(known::SPACE)).expect("a class");
    space.set_payload(m, Some(Payload::Space));
    let key = m.object(known::NAME).expect("the runtime knows it");
    space.put_attribute(m, key, m.string(name)).expect("not computed");
    comment(m, space, text);
    space
}

fn comment(m: &Mutator<'_>, object: ObjectRef, text: &str) {
    let key = m.object(known::COMMENT).expect("the runtime knows it");
    object.put_attribute(m, key, m.string(text)).expect("not computed");
}

fn keep(m: &Mutator<'_>, object: ObjectRef, space: ObjectRef) {
    object.set_space(m, Some(space));
    object.touch(m);
}

fn dump(runtime: &Runtime) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let vfs: Arc<dyn Vfs> = Arc::new(RealVfs);
    Store::create(&vfs, folder.path()).unwrap().dump(runtime).unwrap();
    folder
}

/// The text of the bootstrap spaces is what is described here, and what a dump of them gives.
#[test]
fn bootstrap_spaces_are_what_is_described_and_dump_to_the_same_bytes_rps_13() {
    let made = dump(&make());
    if env::var_os("RPS_BLESS").is_some() {
        let to = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spaces");
        for (name, _) in FILES {
            fs::copy(made.path().join("spaces").join(name), to.join(name)).unwrap();
        }
        return;
    }
    let again = dump(&load().unwrap());
    for (name, content) in FILES {
        let read = |folder: &Path| fs::read_to_string(folder.join("spaces").join(name)).unwrap();
        let content = std::str::from_utf8(content).unwrap();
        assert!(
            read(made.path()) == content,
            "{name} is not what is described here: RPS_BLESS=1 rewrites it"
        );
        assert!(read(again.path()) == content, "{name} changes when it is loaded and dumped");
    }
    assert_eq!(fs::read_dir(made.path().join("spaces")).unwrap().count(), FILES.len());
}

#[test]
fn bootstrap_spaces_agree_with_what_the_runtime_knows() {
    let (loaded, fresh) = (load().unwrap(), Runtime::new());
    loaded.enter(|m| {
        for known in known::CLASSES {
            let class = m.object(known.class).unwrap();
            assert_eq!(m.global(known.name), Some(class.into()), "{}", known.name);
            assert!(class.space().is_some_and(|space| space.oid() == known::INITIAL_SPACE), "{}", known.name);
            assert!(class.is_subclass_of(m, m.object(known.superclass).unwrap()), "{}", known.name);
        }
        let names = m.all_names();
        let described = fresh.enter(|m| m.all_names());
        assert!(described.iter().all(|name| names.contains(name)));
        let classes = known::CLASSES.iter().map(|known| m.class(known.class));
        let understood: Vec<String> = classes.flat_map(|class| m.selectors_of(class)).collect();
        for (_, name, _) in SELECTORS {
            assert!(understood.iter().any(|selector| selector == name), "nothing understands {name}");
        }
    });
    let vfs: Arc<dyn Vfs> = Arc::new(RealVfs);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    assert!(rps_persist::check(&vfs, &root).is_empty(), "the project itself is a sound store");
    drop(Store::open(&vfs, &root, Access::Read).unwrap());
}
