"""Runs the stages that `tamis cluster plan` lists on Apache Spark: rows go through the binary, nothing is decided here."""
import json, os, shutil, subprocess, sys, tempfile, zipfile
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
import pyarrow as pa
from pyspark import SparkFiles, StorageLevel
from pyspark.sql import SparkSession

PARTS = pa.schema([("kind", pa.string()), ("bucket", pa.int32()), ("data", pa.binary())])


def send(pipe, batches, schema):
    """Batches as a stream. Its mark of the end is written behind the last of them, and in no other case."""
    with pipe:
        stream = pa.ipc.new_stream(pipe, schema)
        for batch in batches:
            stream.write_batch(batch)
        stream.close()


def through_worker(binary, words, pipeline, key):
    """The batches of a partition through one worker, whose failure is the task's."""
    def run(batches):
        if (first := next(batches, None)) is None:
            return
        root, errors, torn = os.path.abspath(SparkFiles.getRootDirectory()), tempfile.TemporaryFile(), None
        secret, into = os.pipe()  # the key lies in memory only
        os.write(into, key)
        os.close(into)
        command = [f"{root}/{os.path.basename(binary)}", *words[:2], f"{root}/tamis-pipeline/{pipeline}", *words[2:]]
        worker = subprocess.Popen([*command, "--folder", root, "--run-key", f"fd:{secret}"], pass_fds=[secret],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
        os.close(secret)
        feeder = ThreadPoolExecutor(1).submit(send, worker.stdin, chain([first], batches), first.schema)
        try:
            yield from pa.ipc.open_stream(worker.stdout)
        except pa.ArrowException as problem:
            torn = problem
        except BaseException:
            worker.kill()
            raise
        torn = feeder.exception() or torn
        if worker.wait() != 0 or torn:
            errors.seek(0)
            raise RuntimeError(f"tamis {' '.join(words)} ended with {worker.returncode}: {errors.read().decode() or torn}")
    return run


def to_driver(command, frames, good):
    """What workers gave, through a command on this machine, part by part."""
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        rows = (row.asDict() for frame in frames for row in frame.toLocalIterator(prefetchPartitions=True))
        send(process.stdin, (pa.RecordBatch.from_pylist([row], PARTS) for row in rows), PARTS)
    if process.returncode not in good:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")


def release(spark, binary, pipeline, sources, partitions, begin=(), finish=()):
    """Makes the release of a pipeline of one table for each of its sources, its parts in so many partitions."""
    plan = json.loads(subprocess.run([binary, "cluster", "plan", pipeline], check=True, stdout=subprocess.PIPE).stdout)
    context, other = spark.sparkContext, lambda name, columns: sorted(sources[name].columns) != sorted(columns)
    wrong = [f"working data would lie or travel in the clear: start Spark with {name}={value}"
             for name, value in plan["requires"].items() if context.getConf().get(name, "false") != value]
    wrong += [f"the columns of {source['name']} are not those of its schema"
              for source in plan["sources"] if other(source["name"], source["columns"])]
    wrong += ["one release a session: Spark would go on with the plans of the one before"
              for name in context.listFiles if name.endswith("/begin.plan")]
    if wrong:
        raise ValueError("; ".join(wrong))
    work, kept, fresh, shuffled = tempfile.mkdtemp(prefix="tamis-"), None, [], {}
    folder, schema = f"{work}/run", ", ".join(f"{column['name']} {column['type']}" for column in plan["schema"])
    try:
        subprocess.run([binary, "cluster", "begin", pipeline, "--folder", folder, *begin], check=True)
        with open(f"{folder}/run.key", "rb") as file, zipfile.ZipFile(f"{work}/pipeline.zip", "w") as files:
            key = file.read()
            for name in plan["files"]:
                files.write(os.path.join(plan["base"], name), name)
        context.addArchive(f"{work}/pipeline.zip#tamis-pipeline")
        context.addPyFile(__file__)
        context.addFile(binary)
        context.addFile(f"{folder}/begin.plan")
        for stage in plan["stages"]:
            kinds, table = tuple(stage["input"].get("kinds", ())), sources.get(stage["input"].get("source"))
            if kinds and kinds not in shuffled:
                rows = kept.where(kept.kind.isin(*kinds)).repartition(partitions, *stage["shuffle"])
                shuffled[kinds] = rows.persist(StorageLevel.DISK_ONLY)
            worker = through_worker(binary, stage["args"], plan["pipeline"]["file"], key)
            made = shuffled.get(kinds, table).mapInArrow(worker, schema)
            if stage["keep"]:
                made = made.persist(StorageLevel.DISK_ONLY)
                kept = made if kept is None else kept.unionAll(made)
            fresh.append(made.where(made.kind.isin(*stage["to_driver"])))
            if words := stage["driver"]:
                last = words[1] == "finish"
                command = [binary, *words, pipeline, "--folder", folder, *(finish if last else ())]
                to_driver(command, fresh, (0, 3) if last else (0,))
                fresh = [] if last else context.addFile(f"{folder}/{words[2]}.plan") or []
    finally:
        if os.path.isdir(folder):
            subprocess.run([binary, "cluster", "clear", "--folder", folder], check=True)
        shutil.rmtree(work)


if __name__ == "__main__":  # PIPELINE BINARY PARTITIONS OUT ROOT-KEY|- SOURCE=PARQUET …
    pipeline, binary, partitions, out, key, *named = sys.argv[1:]
    spark = SparkSession.builder.appName("tamis").getOrCreate()
    sources = {name: spark.read.parquet(path) for name, path in (source.split("=", 1) for source in named)}
    release(spark, binary, pipeline, sources, int(partitions), [] if key == "-" else ["--root-key", key], ["--out", out])
