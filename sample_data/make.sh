#!/usr/bin/env bash
# Makes the files of this folder anew, byte for byte. Needs nothing but the program itself.
set -euo pipefail
cd "$(dirname "$0")/.."
tamis() { cargo run --quiet --release -- "$@"; }
consultations=schemas/consultation_prevention.json
rm -f sample_data/*.csv sample_data/*.gz

tamis synth --schema "$consultations" --records 6000 --seed 1 --dirty 1% --output sample_data/consultations-1.csv
tamis synth --schema "$consultations" --records 6000 --seed 2 --output sample_data/consultations-2.csv
tamis synth --schema schemas/depistage_organise.json --records 12000 --seed 1 --dirty 0.5% --output sample_data/depistages.csv.gz
tamis synth --schema schemas/certificat_sante_enfant.json --records 6000 --seed 1 --output sample_data/certificats.csv
# The register of objections: the persons of twenty consultations.
{
    echo matricule_ins
    tail -n +2 sample_data/consultations-2.csv | cut -d, -f1 | grep -E '^[12][0-9AB]{14}$' | awk 'NR % 300 == 0'
} > sample_data/oppositions.csv
