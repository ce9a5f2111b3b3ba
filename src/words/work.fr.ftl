### Un nouvel atelier (`tamis init`), en français. Chaque message a son jumeau dans work.en.ftl.

init-made = { $folder } : { $n ->
        [one] 1 fichier écrit
       *[other] { $n } fichiers écrits
    }
init-what-pipeline = ce qui sort, et comment il est protégé
init-what-schema = ce que signifie chaque colonne
init-what-form = donne aux éditeurs toutes les clés d'un pipeline
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
init-then-runs = ce qui a été exécuté, et où ; le compte rendu est report.html dans son dossier
init-put-files = D'abord, déposez vos fichiers dans { $folder }/inbox/.
init-columns = Colonnes :
init-leaves = sort, à la finesse que dit son [[keep]]
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

## La machine avant une exécution (`tamis doctor`)

doctor-fine = bien
doctor-note = note
doctor-warning = attention
doctor-error = erreur
doctor-summary = erreurs : { $errors }, avertissements : { $warnings }
doctor-all-fine = Rien à corriger.
doctor-swap-none = mémoire d'échange : aucune
doctor-swap-encrypted = mémoire d'échange : chiffrée, ou en mémoire
doctor-swap-forbidden = mémoire d'échange : interdite à ce service
doctor-swap-open = mémoire d'échange : { $path } n'est pas chiffrée, autant qu'on puisse savoir : des enregistrements pourraient être écrits sur ce disque
doctor-swap-open-fix = swapoff { $path }, la chiffrer (/etc/crypttab avec `swap`), ou exécuter en service avec MemorySwapMax=0
doctor-dumps-off = images mémoire : coupées ; le programme coupe les siennes
doctor-dumps-on = images mémoire : le système n'a pas laissé le programme les couper
doctor-dumps-on-fix = exécuter avec `ulimit -c 0` ; dans un service LimitCORE=0
doctor-clock-fine = horloge : { $now }
doctor-clock-early = horloge : { $now } précède la fabrication de ce programme
doctor-clock-early-fix = régler l'horloge (timedatectl set-ntp true) : les fins d'usage et les certificats en dépendent
doctor-clock-behind = horloge : il est { $now }, et { $path } a été écrit à { $last }
doctor-clock-behind-fix = régler l'horloge (timedatectl set-ntp true) ; si elle était fausse avant, le certificat de cette exécution porte une date fausse
doctor-user-fine = compte : pas root
doctor-user-root = compte : root, qui peut tout lire et tout écrire
doctor-user-root-fix = créer un compte qui peut lire les sources et écrire dans le dossier de sortie, et exécuter sous ce compte
doctor-temporary-memory = fichiers temporaires : { $path }, en mémoire
doctor-temporary-disk = fichiers temporaires : { $path }, sur un disque ; ce qui y déborde est chiffré sous une clé en mémoire
doctor-temporary-disk-fix = rien n'est à faire ; un tmpfs sous [limits] spill évite même le chiffré sur disque, et prend de la mémoire
doctor-temporary-closed = fichiers temporaires : { $path } n'est pas un dossier où l'on peut écrire
doctor-temporary-closed-fix = donner à TMPDIR ou à [limits] spill un dossier à vous : mkdir -m 700 DOSSIER
doctor-service-none = service : exécuté à la main, pas par systemd
doctor-service-hardened = service : durci
doctor-service-open = service : systemd n'impose pas { $missing }
doctor-service-open-fix = mettre ces lignes sous [Service] ; `tamis init` écrit une unité qui les a toutes
doctor-pipeline-wrong = pipeline : { $path } est inutilisable ; problèmes : { $n }
doctor-pipeline-wrong-fix = tamis config check { $path }
doctor-files-found = sources : { $size } dans { $n } { $n ->
        [one] fichier
       *[other] fichiers
    }
doctor-files-missing = source { $name } : aucun fichier ne correspond à { $path }
doctor-files-missing-fix = y déposer les fichiers, ou corriger `files` dans le pipeline
doctor-file-unreadable = source : { $path } ne peut être lu par ce compte
doctor-file-unreadable-fix = donner au compte le droit de lire : setfacl -m u:COMPTE:r { $path }
doctor-register-missing = registre des oppositions : { $path } est absent ou illisible ; sans lui, aucune exécution ne commence
doctor-register-missing-fix = y déposer le registre ; sans opposition, il n'a que son en-tête
doctor-release-missing = source { $name } : aucune diffusion ne correspond à { $path }
doctor-release-missing-fix = nommer son dossier par tamis run --release { $name }=DOSSIER, ou corriger `from`
doctor-sources-open = source : chacun sur cette machine peut lire { $path } (droits { $mode })
doctor-sources-open-fix = chmod o-rwx { $path }
doctor-out-fine = sortie : on peut écrire dans { $path }
doctor-out-closed = sortie : ce compte ne peut écrire dans { $path }
doctor-out-closed-fix = créer le dossier et le donner au compte : install -d -m 700 -o COMPTE { $path }
doctor-space-fine = place : { $free } libres sur { $path }
doctor-space-short = place : { $free } libres sur { $path }, et jusqu'à { $needed } peuvent être nécessaires
doctor-space-short-fix = libérer de la place, ou désigner un disque plus grand par [export] to ou [limits] spill ; une exécution dont le disque est plein ne publie rien
doctor-database-fine = base de données : le secret { $name } est là, propriétaire et droits sont justes
doctor-database-refused = base de données : le secret { $name } : { $why }
doctor-database-refused-fix = transmettre l'adresse par LoadCredential={ $name }:FICHIER, ou nommer son fichier : --credential { $name }=FICHIER
doctor-key-fine = clé : { $path } ({ $kind }) : propriétaire et droits sont justes
doctor-key-refused = clé : { $why }
doctor-key-refused-fix = corriger ce qui est dit, ou en faire une autre : tamis keys generate
doctor-key-other = clé : { $path } n'est pas celle de [sender]
doctor-key-other-fix = nommer la clé de signature dont la partie publique est dans le pipeline : tamis keys fingerprint { $path }
doctor-key-unnamed = clé : le pipeline est signé, et aucune clé à regarder n'a été nommée
doctor-key-unnamed-fix = tamis doctor PIPELINE --key FICHIER (ou credential:NOM), comme la recevra `tamis run`
doctor-secret-missing = remise à { $name } : { $path } est absent ou illisible
doctor-secret-missing-fix = y mettre la clé du dépôt, droits 0600
doctor-secret-open = remise : d'autres peuvent lire { $path } (droits { $mode }), ou il appartient à quelqu'un d'autre
doctor-secret-open-fix = le donner au compte de l'exécution (chown), et chmod 600 { $path }
doctor-verifier-missing = clé publique : { $path } est absent ou illisible ; une diffusion n'est crue que sous elle
doctor-verifier-missing-fix = demander sa clé publique à l'auteur de la diffusion, par une autre voie
doctor-recipients-fine = destinataires : leurs clés sont utilisables ({ $n })
doctor-recipient-over = destinataire { $name } : son dernier jour d'usage était le { $day }
doctor-recipient-over-fix = convenir d'un jour plus tardif, et l'écrire sous use_until
doctor-drop-closed = remise à { $name } : { $path } n'est pas un dossier où l'on peut écrire
doctor-drop-closed-fix = le monter ou le créer ; `tamis deliver` réessaie à tout moment
doctor-runs-fine = exécutions antérieures : toutes à leur terme ({ $n })
doctor-run-dead = exécution antérieure : { $path } n'a pas été close (état : { $state })
doctor-run-dead-fix = tamis resume { $path }
doctor-run-waits = exécution antérieure : { $path } attend des accusés de réception
doctor-run-waits-fix = tamis destroy { $path } --acknowledgement FICHIER
doctor-run-halfway = exécution antérieure : la destruction de { $path } est engagée et inachevée (état : { $state })
doctor-run-halfway-fix = tamis resume { $path }
doctor-run-unread = exécution antérieure : le journal de { $path } est illisible
doctor-run-unread-fix = tamis audit verify { $path }/dossier/audit.jsonl
doctor-run-empty = exécution antérieure : { $path } n'a pas de journal : elle s'est arrêtée avant de rien lire
doctor-run-empty-fix = regarder dans le dossier ; s'il ne contient rien de vous, le supprimer : rm -r { $path }
doctor-locked = verrou : une autre exécution tient { $path }
doctor-locked-fix = attendre qu'elle finisse ; le verrou cesse avec son processus

## Fichiers de pipeline (`tamis config`)

config-sound = { $path } : rien à redire
config-line = ligne { $line }
config-default = défaut
section-pipeline = Nom, texte, finalité et politique : ce que porte toute diffusion.
section-limits = Quelle part d'enregistrements erronés arrête une exécution, et combien de mémoire prend son coffre.
section-sender = La partie publique de la clé qui signe.
section-recipient = Pour qui une diffusion est scellée, jusqu'à quand elle sert, et où elle est déposée.
section-source = Des fichiers, ou une diffusion, avec le schéma qui dit ce que signifie chaque colonne.
section-join = Rattache les colonnes d'une source à une autre par une clé.
section-exclude = Les personnes qui se sont opposées : un registre d'identifiants, ou une condition.
section-subject = Quelle colonne distingue les personnes, et si les lignes d'une même personne peuvent être reliées.
section-derive = Une colonne calculée en SQL, un enregistrement à la fois.
section-keep = Une colonne qui sort, à quelle finesse, et pourquoi. Ce qui n'est pas nommé reste.
section-sample = Comment des personnes ou des enregistrements sont tirés.
section-persons = Un fichier de lignes, avec sa protection.
section-aggregate = Un tableau, avec sa protection.
section-ledger = Garde mémoire de ce qui a été diffusé, pour qu'une diffusion ultérieure ne dise rien par différence.
section-export = Où les exécutions sont écrites, dans quels formats.
section-destroy = Quand les données de travail sont détruites, et si les sources le sont.
