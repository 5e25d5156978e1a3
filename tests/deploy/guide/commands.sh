# Every command of the deployment guide in its order; <…> is filled in by whoever reads it, in tests by the pod and its container.
# `kubectl` stands where the guide misspells it.

## configure the Secret
kubectl create secret generic caddy-shopping-secrets \
  --from-literal=db-host=your-db-host \
  --from-literal=db-username=your-username \
  --from-literal=db-password=your-password \
  --from-literal=jwt-secret=your-jwt-secret \
  --from-literal=redis-password=your-redis-password

## prepare the application
npm run build
npm run pack

## deploy by the script
chmod +x deploy.sh
./deploy.sh

## deploy by hand
kubectl apply -f configmap.yaml
kubectl apply -f secrets.yaml
kubectl apply -f service.yaml
kubectl apply -f deployment.yaml
kubectl apply -f hpa.yaml
kubectl apply -f ingress.yaml
kubectl get pods,services,hpa,ingress

## deploy all at once
kubectl apply -f apply-all.yaml

## look at the state
kubectl get pods
kubectl get services
kubectl get hpa
kubectl get ingress
kubectl get configmap,secret

## read the logs
kubectl logs -f deployment/caddy-shopping-backend
kubectl logs <pod-name>
kubectl logs <pod-name> -c <container-name>

## ask whether it is well
kubectl exec deployment/caddy-shopping-backend -- curl -s http://localhost:3000/health
kubectl describe hpa caddy-shopping-backend-hpa

## measure
kubectl top pods
kubectl top nodes

## a pod does not start
kubectl describe pod <pod-name>
kubectl logs <pod-name>

## the service cannot be reached
kubectl describe service caddy-shopping-backend-service
kubectl describe ingress caddy-shopping-backend-ingress
kubectl get networkpolicies

## the autoscaler does not scale
kubectl describe hpa caddy-shopping-backend-hpa
kubectl get apiservices | grep metrics

## the database
kubectl get secret caddy-shopping-secrets -o jsonpath='{.data.db-password}' | base64 --decode
kubectl run -it --rm --image=busybox:1.28 test-db-connectivity -- wget -O- http://your-db-host:3306
