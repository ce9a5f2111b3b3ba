### Un nouvel atelier (`tamis init`), en français. Chaque message a son jumeau dans work.en.ftl.

init-made = { $folder } : { $n ->
        [one] 1 fichier écrit
       *[other] { $n } fichiers écrits
    }
init-what-pipeline = ce qui sort, et comment il est protégé
init-what-schema = ce que signifie chaque colonne
init-what-readme = ce qui est où, et que faire avant de vrais enregistrements
init-what-service = exécute le pipeline sans personne, durci
init-what-timer = lance le service une fois par mois
init-what-ignore = tient enregistrements, résultats et clés hors du suivi de versions
init-what-records = 3 000 enregistrements synthétiques : personne n'y existe
init-next = Ensuite :
init-then-doctor = cette machine convient-elle ?
init-then-validate = les enregistrements sont-ils justes ?
init-then-plan = que devient chaque colonne ?
init-then-run = l'exécution elle-même
init-then-report = le compte rendu en chiffres ; la page est report.html dans son dossier
init-put-files = D'abord, déposez vos fichiers dans { $folder }/inbox/.
init-columns = Colonnes :
init-leaves = sort, rendue moins précise
init-never = ne sort jamais
init-waits = reste tant qu'aucun [[keep]] ne la nomme
init-undecided = rien ni personne n'en a décidé le rôle : le plus strict lui est donné ; à revoir dans schema.json
init-taken = { $path } existe déjà ; rien n'a été écrit. Choisissez un autre dossier : tamis init DOSSIER
init-not-a-folder = { $path } n'est pas un dossier ; choisissez un autre nom : tamis init DOSSIER
init-no-subject = aucune colonne ne distingue les personnes ; nommez-la par --subject COLONNE, parmi : { $columns }
init-unknown-column = il n'y a pas de colonne « { $column } » ; il y a : { $columns }
init-nothing-leaves = aucune colonne connue ne pourrait sortir, même moins précise : donnez des rôles dans un schéma (tamis schema infer FICHIER -o schema.json), puis tamis init --from schema.json
init-reception = { $path } : se trouve dans une réception ; ce qui a été ouvert n'est pas lu pour un nouveau pipeline
init-not-written = { $path } ne peut être écrit : { $why }. Ce que le dossier contient déjà peut être supprimé.
init-path = le chemin de { $path } n'est pas du texte UTF-8 ; renommez-le
init-toml-head = Fait par `tamis init`. Ce qui n'est pas nommé ici ne sort pas. Une colonne de rôle direct-identifier ou subject-identifier ne peut pas sortir, même nommée : le programme refuserait ce fichier. `tamis plan` dit ce que devient chaque colonne.
init-toml-purpose = suivi statistique et épidémiologique
init-toml-pipeline = Chaque diffusion nomme le texte qui l'autorise, sa finalité, et la version de la politique qu'elle applique. Vérifiez les trois.
init-toml-source = Ce qui entre : les fichiers, et le schéma qui dit ce que signifie chaque colonne. L'âge est compté à la date de l'événement.
init-toml-exclude = Les personnes qui se sont opposées ne figurent dans aucun résultat : par une colonne des enregistrements, ou par un registre de leurs identifiants.
init-toml-subject = De qui sont les lignes. L'identifiant ne sort pas : à sa place, un pseudonyme dont la clé ne sert qu'à cette exécution.
init-toml-keep = Ce qui sort : chaque colonne par son nom, aussi large que l'usage le permet, et pourquoi. Remplacez les raisons par les vôtres.
init-toml-waiting = Celles-ci restent. Pour en laisser sortir une : ôtez les marques, écrivez la raison, et nommez-la dans une sortie plus bas.
init-toml-never = Celles-ci ne peuvent jamais sortir :
init-toml-sample = Une personne sur deux est tirée au sort.
init-toml-persons = Un fichier par personne : une combinaison que partagent moins de onze personnes ne sort pas.
init-toml-aggregate = Un tableau sur toutes les personnes : une case de moins de onze est masquée, et assez d'autres pour qu'on ne la retrouve pas.
init-toml-destroy = Les données de travail sont détruites dès que les fichiers écrits ont été relus.
init-why-age = le suivi se fait par âge
init-why-birth-year = le suivi se fait par génération
init-why-year = le suivi se fait d'année en année
init-why-region = les programmes sont pilotés par région
init-why-sex = les risques diffèrent selon le sexe
init-unit-head = À copier dans /etc/systemd/system/ et à vérifier par : systemd-analyze verify { $name }.service
init-unit-exec = Le code 3 est une diffusion dont des entrées erronées ont été écartées. Avant une longue exécution : ExecStartPre avec `tamis doctor`.
init-unit-user = Un compte qui ne possède rien d'autre, peut lire les sources et écrire dans out/.
init-unit-key = Pour une diffusion scellée : ajouter --signing-key credential:signing.key à ExecStart.
init-unit-out = Ce dossier doit exister.
init-unit-when = Une fois par mois, aussi quand la machine était éteinte à ce moment.
